"""The lines of the network: `keras.Sequential` for a stack of layers, the Functional API for a graph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.graph import Graph, Node, wire
from dlrun.config.graph_layers import is_application, is_operation
from dlrun.config.layer_names import given_name, split_output
from dlrun.config.objects import ObjectSpec
from dlrun.config.precision import cast_outputs, full_precision
from dlrun.export.facts import Facts, folder_of
from dlrun.export.keras_objects import object_of
from dlrun.export.precision import CAST, cast_in, policy_lines
from dlrun.export.source import Code, Lines, Unwritable, call, identifier, literal, tuples
from dlrun.keras_functions import operations
from dlrun.model.names import keras_name

if TYPE_CHECKING:
    from dlrun.config import Config

_TWICE = {"MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"}  # called with (query, value)
_LIST_OF_TWO = {"Attention", "AdditiveAttention"}
# They make layers inside themselves, with seeds of their own, when they are called first.
_DRAW_WHEN_CALLED = {*_TWICE}
_SPREADING = {"ops.einsum", "ops.meshgrid"}  # they take tensors one after the other, without names
_PART = r"\s*(?:\.\.\.|None|-?\d+|-?\d*:-?\d*(?::-?\d*)?)\s*"
_INDEX = re.compile(f"{_PART}(?:,{_PART})*")


class Network:
    """Writes the network.

    Args:
        config: The config.
        facts: Facts about its data.
        problems: Takes what cannot be written.
        beside: The folder that the script is written to.
    """

    def __init__(self, config: Config, facts: Facts, problems: Unwritable, beside: Path | None = None) -> None:
        self.config = config
        self.facts = facts
        self.problems = problems
        self.beside = beside or Path()
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
            own = own and node.graph is None and not is_application(node.spec.type)
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
        made += [CAST] * bool(cast_outputs(self.graph, self.config))
        return [*policy_lines(self.config), f"model = keras.Sequential([{', '.join(made)},])"]

    def _layer(self, node: Node) -> Code:
        if any(spec.type == "Model" or is_application(spec.type) for spec in _inside(node.spec)):
            return self.problems.add(f"layers: {node.name}", f"a whole network as an argument of {node.spec.type}")
        name = given_name(node.spec)
        args = {key: value for key, value in node.spec.args.items() if key != "name"}
        spec = ObjectSpec(node.spec.type, args)
        given = {"name": keras_name(name)} if name else {}
        if node in self.graph.nodes and node.name in full_precision(self.graph, self.config):
            given["dtype"] = "float32"
        return object_of(spec, "layers", self.problems, **given)

    def _functional(self) -> Lines:
        lines = policy_lines(self.config)
        variables = self._variables(self.graph)
        layers = _Layers()
        if any(map(_is_made_when_called, self.graph.nodes)):
            lines.append("# All layers are made before the first one is called: each draws its seed when it is made.")
            layers = self._make_all(self.graph, lines)
            lines.append("")
        lines += [f"{variables[name]} = {self._input(name, True)}" for name in self.graph.inputs]
        lines += self._wires(self.graph, layers, variables)
        inputs = [f"{literal(name)}: {variables[name]}" for name in self.graph.inputs]
        given = f"{{{', '.join(inputs)}}}" if len(inputs) > 1 else variables[self.graph.inputs[0]]
        return [*lines, f"model = keras.Model({given}, {self._outputs(self.graph, variables)})"]

    def _outputs(self, graph: Graph, variables: dict[str, str]) -> str:
        outputs = {target: self._tensor(layer, variables) for target, layer in graph.outputs.items()}
        if graph is self.graph:
            outputs = cast_in(outputs, graph, self.config)
        if graph.listed:
            return f"[{', '.join(outputs.values())}]"
        named = ", ".join(f"{literal(target)}: {tensor}" for target, tensor in outputs.items())
        return f"{{{named}}}" if graph.named_outputs else outputs[""]

    def _make_all(self, graph: Graph, lines: Lines) -> _Layers:
        """Add lines that make all layers of a graph, but those that are made by their first call."""
        made = _Layers()
        for node in graph.nodes:
            if node.is_shared or is_operation(node.spec.type):
                continue
            made.variables[node.name] = identifier(f"{node.name}_layer", self._taken)
            if node.graph is not None:
                made.inside[node.name] = self._make_all(node.graph, lines)
            elif not is_application(node.spec.type):
                lines.append(f"{made.variables[node.name]} = {self._layer(node)}")
        return made

    def _wires(self, graph: Graph, layers: _Layers, variables: dict[str, str]) -> Lines:
        """Return lines that call the layers of a graph on one another's tensors."""
        lines: Lines = []
        shared = {node.calls for node in graph.nodes if node.is_shared}
        there: set[str] = set()
        for node in graph.nodes:
            if is_operation(node.spec.type):
                lines.append(f"{variables[node.name]} = {self._operation(node, variables)}")
                continue
            if node.name in shared and node.name not in layers.variables:
                layers.variables[node.name] = identifier(f"{node.name}_layer", self._taken)
                lines.append(f"{layers.variables[node.name]} = {self._layer(node)}  # called more than once")
            if not node.is_shared and node.name not in there:
                there.add(node.name)
                lines += self._network_inside(node, layers, variables)
            layer = layers.variables.get(node.calls) or self._layer(node)
            lines.append(f"{variables[node.name]} = {layer}({self._arguments(node, variables)})")
        return lines

    def _network_inside(self, node: Node, layers: _Layers, variables: dict[str, str]) -> Lines:
        """Return lines that make a network that is a layer of this one: now the shape of what comes in is known."""
        if is_application(node.spec.type):
            return self._application(node, layers.variables[node.name], variables)
        if node.graph is None:
            return []
        graph, taken = node.graph, [self._tensor(name, variables) for name in node.inputs]
        if node.call:
            taken = [
                self._tensor(value, variables) for value in map(node.call.get, graph.inputs) if isinstance(value, str)
            ]
        if len(taken) != len(graph.inputs):
            return [self.problems.add(f"layers: {node.name}", "a model that is called in such a way")]
        declared = node.spec.args.get("inputs")
        own = self._variables(graph, plain=False)
        lines = []
        for name, tensor in zip(graph.inputs, taken, strict=True):
            told = (declared.get(name) or {}) if isinstance(declared, dict) else {}
            shape = tuple(told["shape"]) if told.get("shape") is not None else Code(f"{tensor}.shape[1:]")
            dtype = told.get("dtype") or Code(f"{tensor}.dtype")
            lines.append(f"{own[name]} = {call('keras.Input', shape, dtype=dtype, name=keras_name(name))}")
        lines += self._wires(graph, layers.inside[node.name], own)
        inputs = [own[name] for name in graph.inputs]
        given = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
        variable = layers.variables[node.name]
        named = literal(keras_name(node.name))
        lines.append(f"{variable} = keras.Model({given}, {self._outputs(graph, own)}, name={named})")
        return lines + [f"{variable}.trainable = False"] * (node.spec.args.get("trainable") is False)

    def _application(self, node: Node, variable: str, variables: dict[str, str]) -> Lines:
        """Return lines that make a network of `keras.applications`."""
        args = dict(node.spec.args)
        weights, freeze, trainable = (args.pop(key, None) for key in ("weights", "freeze", "trainable"))
        shape: Any = args.pop("input_shape", None) or Code(f"{self._tensor(node.inputs[0], variables)}.shape[1:]")
        if weights is not None:
            weights = folder_of(str(weights), self.beside)
        given = {"weights": weights, "input_shape": tuple(shape) if isinstance(shape, list) else shape}
        args.pop("name", None)
        made = call(f"keras.applications.{node.spec.type}", **given, name=keras_name(node.name), **args)
        lines = [f"{variable} = {made}"]
        if freeze is not None:
            lines += [
                f"for layer in {variable}.layers:",
                "    layer.trainable = False",
                f"    if layer.name == {literal(freeze)}:",
                "        break",
            ]
        return lines + [f"{variable}.trainable = False"] * (trainable is False)

    def _variables(self, graph: Graph, plain: bool = True) -> dict[str, str]:
        """Return a variable for every input and layer; `x` for those that nothing but the next layer takes.

        Args:
            graph: The layers and wires.
            plain: Whether there may be an `x`.
        """
        found = {name: identifier(name, self._taken) for name in graph.inputs}
        known = [*graph.inputs, *(node.name for node in graph.nodes)]
        users: dict[str, list[str]] = {}
        for node in graph.nodes:
            for reference in node.inputs:
                users.setdefault(split_output(reference, known)[0], []).append(node.name)
        ends = {split_output(layer, known)[0] for layer in graph.outputs.values()}
        names = [node.name for node in graph.nodes]
        for place, node in enumerate(graph.nodes):
            following = names[place + 1 : place + 2]
            passes_on = users.get(node.name) == following and node.name not in ends
            last = not following and not graph.named_outputs
            is_plain = plain and given_name(node.spec) is None and (passes_on or last)
            found[node.name] = "x" if is_plain else identifier(node.name, self._taken)
        return found

    def _tensor(self, reference: str, variables: dict[str, str]) -> str:
        """Return the expression of what a reference means: `lstm[1]` for `lstm.1`."""
        name, output = split_output(reference, variables)
        keys = [key if key.isdecimal() else str(literal(key)) for key in output.split(".")] if output else []
        return variables[name] + "".join(f"[{key}]" for key in keys)

    def _arguments(self, node: Node, variables: dict[str, str]) -> str:
        if node.call and node.graph is not None:
            names = node.graph.inputs
            given = [self._tensor(str(node.call[name]), variables) for name in names if name in node.call]
            return given[0] if len(given) == 1 else f"[{', '.join(given)}]"
        if node.call:
            return self._call(node, variables)
        taken = [self._tensor(name, variables) for name in node.inputs]
        if node.graph is not None and len(taken) > 1:
            return f"[{', '.join(taken)}]"
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
        if known is None:
            return self.problems.add(f"layers: {node.name}", f"{spec.type} as it is written here")
        if spec.type == "ops.get_item" and _INDEX.fullmatch(str(spec.args.get("key", ""))):
            return Code(f"{self._tensor(node.inputs[0], variables)}[{spec.args['key']}]")
        constants = {key: tuples(value) for key, value in spec.args.items()}
        if node.call:
            named = ", ".join(f"{key}={literal(value)}" for key, value in constants.items())
            return Code(f"keras.{spec.type}({', '.join(filter(None, [self._call(node, variables), named]))})")
        if spec.type in _SPREADING:
            tensors_in_order = [Code(self._tensor(name, variables)) for name in node.inputs]
            return call(f"keras.{spec.type}", *constants.values(), *tensors_in_order)
        free = [name for name in known.tensors if name not in constants]
        taken = [self._tensor(name, variables) for name in node.inputs]
        if len(free) == 1 and (len(taken) > 1 or free == ["xs"]):
            taken = [f"[{', '.join(taken)}]"]
        if len(taken) > len(free):
            return self.problems.add(f"layers: {node.name}", f"{spec.type} of so many tensors")
        tensors = {name: Code(tensor) for name, tensor in zip(free, taken, strict=False)}
        return call(f"keras.{spec.type}", **tensors, **constants)


@dataclass
class _Layers:
    """The variables of the layers of a graph, by their names, and those of the networks inside of it."""

    variables: dict[str, str] = field(default_factory=dict)
    inside: dict[str, _Layers] = field(default_factory=dict)


def _is_made_when_called(node: Node) -> bool:
    """Tell whether a layer draws seeds when it is called, or is a network that is made then."""
    return node.spec.type in _DRAW_WHEN_CALLED or node.graph is not None or is_application(node.spec.type)


def _inside(spec: ObjectSpec) -> Iterator[ObjectSpec]:
    """Yield the objects among the arguments of a layer, and those inside them."""
    for value in spec.args.values():
        for item in value if isinstance(value, list | tuple) else [value]:
            if isinstance(item, ObjectSpec):
                yield item
                yield from _inside(item)
