"""The lines of the network: `keras.Sequential` for a stack of layers, the Functional API for a graph; and `compile`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dlrun.catalog import keras_entry
from dlrun.config.checks.monitors import metric_name
from dlrun.config.graph import Node, wire
from dlrun.config.graph_layers import is_application, is_operation
from dlrun.config.heads import Head, heads_of
from dlrun.config.layer_names import given_name, split_output
from dlrun.config.objects import ObjectSpec
from dlrun.export.facts import Facts
from dlrun.export.keras_objects import object_of
from dlrun.export.source import Code, Lines, Unwritable, call, identifier, literal
from dlrun.keras_functions import operations

if TYPE_CHECKING:
    from dlrun.config import Config

_TWICE = {"MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"}  # called with (query, value)
_LIST_OF_TWO = {"Attention", "AdditiveAttention"}
# They make layers inside themselves, with seeds of their own, when they are called first.
_DRAW_WHEN_CALLED = {*_TWICE}
# Without these, Keras gives one number per class; a line of the history holds one per metric.
_ONE_NUMBER = {"average": "macro", "class_aggregation": "uniform_average"}


class Network:
    """Writes the network.

    Args:
        config: The config.
        facts: Facts about its data.
        problems: Takes what cannot be written.
    """

    def __init__(self, config: Config, facts: Facts, problems: Unwritable) -> None:
        self.config = config
        self.facts = facts
        self.problems = problems
        self.graph = wire(config, facts.shapes)
        self._taken: set[str] = set()

    def lines(self) -> Lines:
        """Return lines after which `model` is the network, not compiled."""
        is_stack = len(self.graph.inputs) == 1 and not self.graph.named_outputs and self._is_chain()
        return self._stack() if is_stack else self._functional()

    def _is_chain(self) -> bool:
        before = self.graph.inputs[0]
        for node in self.graph.nodes:
            own = not node.is_shared and not node.call and not is_operation(node.spec.type)
            if not own or node.inputs != (before,) or node.spec.type in _TWICE | _LIST_OF_TWO:
                return False
            before = node.name
        return self.graph.outputs[""] == before

    def _input(self, name: str, named: bool) -> Code:
        shape, dtype = self.facts.shapes[name]
        window = self.config.preprocessing.window
        whole = shape if window is None else (window.length, *shape)
        options: dict[str, Any] = {"name": name} if named else {}
        options |= {} if dtype == "float32" else {"dtype": dtype}
        return call("keras.Input", whole, **options)

    def _stack(self) -> Lines:
        made = [self._input(self.graph.inputs[0], False), *(self._layer(node) for node in self.graph.nodes)]
        return [f"model = keras.Sequential([{', '.join(made)},])"]

    def _layer(self, node: Node) -> Code:
        if node.graph is not None or any(spec.type == "Model" for spec in _inside(node.spec)):
            return self.problems.add(f"layers: {node.name}", "a model inside of the network")
        if is_application(node.spec.type):
            return self.problems.add(f"layers: {node.name}", "a network of keras.applications with its own settings")
        name = given_name(node.spec)
        args = {key: value for key, value in node.spec.args.items() if key != "name"}
        spec = ObjectSpec(node.spec.type, args)
        return object_of(spec, "layers", self.problems, **({"name": _keras_name(name)} if name else {}))

    def _functional(self) -> Lines:
        lines: Lines = []
        variables = self._variables()
        defined = any(node.spec.type in _DRAW_WHEN_CALLED for node in self.graph.nodes)
        layers = {}
        if defined:
            lines.append("# All layers are made before the first one is called: each draws its seed when it is made.")
            for node in self.graph.nodes:
                if node.is_shared or is_operation(node.spec.type):
                    continue
                layers[node.name] = identifier(f"{node.name}_layer", self._taken)
                lines.append(f"{layers[node.name]} = {self._layer(node)}")
            lines.append("")
        lines += [f"{variables[name]} = {self._input(name, True)}" for name in self.graph.inputs]
        shared = {node.calls for node in self.graph.nodes if node.is_shared}
        for node in self.graph.nodes:
            if is_operation(node.spec.type):
                lines.append(f"{variables[node.name]} = {self._operation(node, variables)}")
                continue
            if node.name in shared and node.name not in layers:
                layers[node.name] = identifier(f"{node.name}_layer", self._taken)
                lines.append(f"{layers[node.name]} = {self._layer(node)}  # called more than once")
            layer = layers.get(node.calls) or self._layer(node)
            lines.append(f"{variables[node.name]} = {layer}({self._arguments(node, variables)})")
        inputs = [f"{literal(name)}: {variables[name]}" for name in self.graph.inputs]
        given = f"{{{', '.join(inputs)}}}" if len(inputs) > 1 else variables[self.graph.inputs[0]]
        outputs = {target: self._tensor(layer, variables) for target, layer in self.graph.outputs.items()}
        named = ", ".join(f"{literal(target)}: {tensor}" for target, tensor in outputs.items())
        results = f"{{{named}}}" if self.graph.named_outputs else outputs[""]
        return [*lines, f"model = keras.Model({given}, {results})"]

    def _variables(self) -> dict[str, str]:
        """Return a variable for every input and layer; `x` for those that nothing but the next layer takes."""
        found = {name: identifier(name, self._taken) for name in self.graph.inputs}
        known = [*self.graph.inputs, *(node.name for node in self.graph.nodes)]
        users: dict[str, list[str]] = {}
        for node in self.graph.nodes:
            for reference in node.inputs:
                users.setdefault(split_output(reference, known)[0], []).append(node.name)
        ends = {split_output(layer, known)[0] for layer in self.graph.outputs.values()}
        names = [node.name for node in self.graph.nodes]
        for place, node in enumerate(self.graph.nodes):
            following = names[place + 1 : place + 2]
            passes_on = users.get(node.name) == following and node.name not in ends
            last = not following and not self.graph.named_outputs
            plain = given_name(node.spec) is None and (passes_on or last)
            found[node.name] = "x" if plain else identifier(node.name, self._taken)
        return found

    def _tensor(self, reference: str, variables: dict[str, str]) -> str:
        """Return the expression of what a reference means: `lstm[1]` for `lstm.1`."""
        name, output = split_output(reference, variables)
        keys = [key if key.isdecimal() else str(literal(key)) for key in output.split(".")] if output else []
        return variables[name] + "".join(f"[{key}]" for key in keys)

    def _arguments(self, node: Node, variables: dict[str, str]) -> str:
        if node.call:
            return self._call(node, variables)
        taken = [self._tensor(name, variables) for name in node.inputs]
        if node.spec.type in _TWICE:
            return ", ".join(taken * 2 if len(taken) == 1 else taken)
        if node.spec.type in _LIST_OF_TWO and len(taken) == 1:
            taken *= 2
        return taken[0] if len(taken) == 1 else f"[{', '.join(taken)}]"

    def _call(self, node: Node, variables: dict[str, str]) -> str:
        """Return the arguments of a call that the config names."""
        made = {}
        for key, value in node.call.items():
            if isinstance(value, tuple):
                made[key] = f"[{', '.join(self._tensor(name, variables) for name in value)}]"
            else:
                made[key] = self._tensor(value, variables) if isinstance(value, str) else str(literal(value))
            if not key.isdecimal() and not key.isidentifier():
                self.problems.add(f"layers: {node.name}", f"{key!r} is no argument")
        positions = sorted((key for key in made if key.isdecimal()), key=int)
        named = [f"{key}={code}" for key, code in made.items() if not key.isdecimal()]
        return ", ".join([*(made[key] for key in positions), *named])

    def _operation(self, node: Node, variables: dict[str, str]) -> Code:
        """Return the call of a function of `keras.ops`; see `dlrun.model.operations`."""
        spec = node.spec
        known = operations().get(spec.type)
        if known is None or spec.type == "ops.get_item" or node.call:
            return self.problems.add(f"layers: {node.name}", f"{spec.type} as it is written here")
        constants = {key: _tuples(value) for key, value in spec.args.items()}
        free = [name for name in known.tensors if name not in constants]
        taken = [self._tensor(name, variables) for name in node.inputs]
        if len(free) == 1 and (len(taken) > 1 or free == ["xs"]):
            taken = [f"[{', '.join(taken)}]"]
        if len(taken) > len(free):
            return self.problems.add(f"layers: {node.name}", f"{spec.type} of so many tensors")
        tensors = {name: Code(tensor) for name, tensor in zip(free, taken, strict=False)}
        return call(f"keras.{spec.type}", **tensors, **constants)

    # Compile

    def compile_lines(self) -> Lines:
        """Return the call of `model.compile`."""
        section = self.config.compile
        assert section is not None
        heads = heads_of(self.config)
        optimizer = section.optimizer
        plain = not optimizer.args and keras_entry("optimizers", optimizer.type) is not None
        options: dict[str, Any] = {
            "optimizer": optimizer.type.lower() if plain else object_of(optimizer, "optimizers", self.problems),
            "loss": self._keyed({head.output: self._named(head.loss, "losses") for head in heads}),
        }
        if section.loss_weights:
            options["loss_weights"] = dict(section.loss_weights)
        for key in ("metrics", "weighted_metrics"):
            written = getattr(section, key)
            made = {head.output: self._metrics(written, head) for head in heads}
            if any(made.values()):
                options[key] = self._keyed(made)
        if section.steps_per_execution:
            options["steps_per_execution"] = section.steps_per_execution
        options["jit_compile"] = section.jit_compile
        return [call("model.compile", **options)]

    def _keyed(self, by_output: dict[str, Any]) -> Any:
        return by_output.get("", by_output)

    def _named(self, spec: ObjectSpec, kind: str) -> Code:
        entry = keras_entry(kind, spec.type)
        if not spec.args and entry is not None and spec.type != entry.name:
            return literal(spec.type)  # a spelling that Keras takes as text: mse
        return object_of(spec, kind, self.problems)

    def _metrics(self, written: Any, head: Head) -> list[Code]:
        specs = written.get(head.output, ()) if isinstance(written, dict) else written
        return [self._metric(spec, head) for spec in specs]

    def _metric(self, spec: ObjectSpec, head: Head) -> Code:
        if spec.type.lower() in ("accuracy", "acc") and not spec.args:
            several = head.task == "binary" and len(head.targets) > 1
            return call("keras.metrics.BinaryAccuracy", name=spec.type) if several else literal(spec.type)
        entry = keras_entry("metrics", spec.type)
        if entry is None or not entry.is_class:
            return self._named(spec, "metrics")
        given: dict[str, Any] = {} if "name" in spec.args else {"name": metric_name(spec)}
        for argument, value in _ONE_NUMBER.items():
            if argument in entry.parameter_names and spec.args.get(argument) is None:
                given[argument] = value
        if spec.type != entry.name and not spec.args and list(given) == ["name"]:
            return literal(spec.type)  # Keras calls it as it is spelt
        return object_of(spec, "metrics", self.problems, **given)


def _inside(spec: ObjectSpec) -> Iterator[ObjectSpec]:
    """Yield the objects among the arguments of a layer, and those inside them."""
    for value in spec.args.values():
        for item in value if isinstance(value, list | tuple) else [value]:
            if isinstance(item, ObjectSpec):
                yield item
                yield from _inside(item)


def _tuples(value: Any) -> Any:
    """Return a list as the tuple that axes and shapes are."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _keras_name(name: str) -> str:
    """Return the name under which Keras knows a layer; TensorFlow takes no letters but A to Z in it."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", lambda found: f"u{ord(found[0]):04x}", name)
    return plain if plain[:1].isalnum() else f"layer{plain}"
