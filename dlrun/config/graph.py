"""Which layer takes what: the names of all layers and the wires between them, told from the config alone.

It needs no Keras, so `dlrun check` finds a wrong name as the building of the network does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dlrun.config.layer_names import given_name, snake_case, split_output
from dlrun.config.objects import ObjectSpec, Path
from dlrun.errors import ConfigError, Problem, did_you_mean

if TYPE_CHECKING:
    from dlrun.config.config import Config

_INPUT = "input"  # what the only input of a network may be called, whatever its name


@dataclass(frozen=True)
class Node:
    """A layer in the network, or a further call of one.

    Args:
        name: Its name, given by the user or made from its type as Keras does: `dense`, `dense_1`.
        spec: What the config says of it.
        inputs: The inputs and layers whose tensors it takes; `lstm.1` is the second tensor that `lstm` gives.
        call: The arguments of its call by name, where the config names them; see `ObjectSpec.call`.
        calls: The name of the node whose layer it calls: its own, or for `shared` another's.
        graph: For a nested model its own network.
    """

    name: str
    spec: ObjectSpec
    inputs: tuple[str, ...]
    call: Mapping[str, Any] = field(default_factory=dict)
    calls: str = ""
    graph: Graph | None = None

    @property
    def is_shared(self) -> bool:
        """Whether it calls a layer that stands above."""
        return self.calls != self.name


@dataclass(frozen=True)
class Graph:
    """A whole network.

    Args:
        inputs: The names of its inputs.
        nodes: The layers, each below those that it takes tensors from.
        outputs: Output to layer; the key is "" where there is one without a name.
        listed: Whether the outputs are a list rather than a mapping (nested models only).
    """

    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    outputs: dict[str, str]
    listed: bool = False

    @property
    def named_outputs(self) -> bool:
        """Whether the model's outputs are a mapping, keyed by target."""
        return "" not in self.outputs and not self.listed


@dataclass(frozen=True)
class _List:
    """A list of layers to be wired: the network's, or a nested model's."""

    config: Config
    layers: Sequence[ObjectSpec]
    inputs: tuple[str, ...]
    outputs: str | Sequence[str] | Mapping[str, str] | None
    outputs_path: Path
    inputs_path: Path


def wire(config: Config, input_names: Iterable[str]) -> Graph:
    """Name the layers and connect them.

    Raises:
        ConfigError: With every name that is unknown or used twice, and every part that is left unconnected.
    """
    problems: list[Problem] = []
    whole = _List(config, config.layers, tuple(input_names), config.outputs or None, ("outputs",), ("inputs",))
    graph = _wire(whole, problems)
    if problems:
        raise ConfigError(*problems)
    return graph


def wire_model(spec: ObjectSpec, config: Config) -> Graph:
    """Name and connect the layers of a nested model.

    Raises:
        ConfigError: As `wire` does.
    """
    problems: list[Problem] = []
    graph = _nested(_List(config, (), (), None, (), ()), spec, problems)
    if problems or graph is None:
        raise ConfigError(*problems)
    return graph


def _wire(given: _List, problems: list[Problem]) -> Graph:
    names = _layer_names(given, problems)
    found = len(problems)
    nodes: list[Node] = []
    for position, spec in enumerate(given.layers):
        nodes.append(_node(given, spec, names, position, problems))
    outputs = _outputs(given, names, problems)
    graph = Graph(given.inputs, tuple(nodes), outputs, isinstance(given.outputs, list | tuple))
    if len(problems) == found:
        problems += _unused(given, graph)
    return graph


def _node(given: _List, spec: ObjectSpec, names: list[str], position: int, problems: list[Problem]) -> Node:
    name = names[position]
    inputs = _inputs_of(given, spec, names, position, problems)
    calls = _called(given, spec, names, position, problems) if spec.type == "shared" else name
    renamed = dict(zip(spec.inputs or (), inputs, strict=False))
    call = {key: _renamed(value, renamed) for key, value in spec.call.items()}
    for inner in nested_models(spec.args.values()) if spec.type != "Model" else ():  # in a TimeDistributed
        _nested(given, inner, problems)
    return Node(name, spec, inputs, call, calls, _nested(given, spec, problems) if spec.type == "Model" else None)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        return tuple(names.get(name, name) for name in value)
    return names.get(value, value) if isinstance(value, str) else value


def _nested(given: _List, spec: ObjectSpec, problems: list[Problem]) -> Graph | None:
    """Wire the layers of a nested model."""
    layers = [layer for layer in spec.args.get("layers", ()) if isinstance(layer, ObjectSpec)]
    if not layers:
        return None
    inputs = tuple(spec.args.get("inputs") or (_INPUT,))
    paths = (spec.path_of("outputs"), spec.path_of("inputs"))
    return _wire(_List(given.config, layers, inputs, spec.args.get("outputs"), *paths), problems)


def nested_models(values: Iterable[Any]) -> Iterator[ObjectSpec]:
    """Yield the nested models among the arguments of a layer, in objects inside them, too; not those of a model."""
    for value in values:
        if isinstance(value, ObjectSpec) and value.type == "Model":
            yield value
        elif isinstance(value, ObjectSpec):
            yield from nested_models(value.args.values())
        elif isinstance(value, list | tuple):
            yield from nested_models(value)


def _layer_names(given: _List, problems: list[Problem]) -> list[str]:
    # Keras counts its automatic names over the life of the process; counted here, they depend on the config alone.
    chosen = [given_name(spec) for spec in given.layers]
    taken = {*given.inputs, *(name for name in chosen if name)}
    names: list[str] = []
    for spec, name in zip(given.layers, chosen, strict=True):
        if name is None:
            stem, count = _stem(spec), 0
            name = stem
            while name in taken:
                count += 1
                name = f"{stem}_{count}"
            taken.add(name)
        elif name in names or name in given.inputs:
            what = f"the name '{name}' belongs to an {'input' if name in given.inputs else 'earlier layer'} already"
            problems.append(given.config.problem((*spec.path, "name"), what, "Give each its own."))
        names.append(name)
    return names


def _stem(spec: ObjectSpec) -> str:
    """Return what an automatic name begins with: the type, or the layer that is called again."""
    return str(spec.args.get("of", "shared")) if spec.type == "shared" else snake_case(spec.type).rpartition(".")[2]


def _inputs_of(
    given: _List, spec: ObjectSpec, names: list[str], position: int, problems: list[Problem]
) -> tuple[str, ...]:
    if spec.inputs is None:
        if position > 0:
            return (names[position - 1],)
        return _first_input(given, spec, problems)
    above = [*given.inputs, *names[:position]]
    found: list[str] = []
    for n, reference in enumerate(spec.inputs):
        name, output = split_output(reference, above)
        if name not in above and name == _INPUT and len(given.inputs) == 1:
            name, reference = given.inputs[0], given.inputs[0]
        found.append(reference)
        if name not in above:
            problems.append(given.config.problem(_place(spec, n), *_unknown(reference, above, names)))
        elif output and name in given.inputs:
            problems.append(given.config.problem(_place(spec, n), f"'{name}' is an input, and gives one tensor"))
    return tuple(found)


def _first_input(given: _List, spec: ObjectSpec, problems: list[Problem]) -> tuple[str, ...]:
    """Return what the first layer takes: the only input."""
    if len(given.inputs) > 1:
        fix = f"Write `inputs: {given.inputs[0]}` beside it, or join several with a Concatenate layer."
        listed = ", ".join(given.inputs)
        what = f"there are several inputs ({listed}), and nothing says which of them goes into this layer"
        problems.append(given.config.problem(spec.path, what, fix))
    return given.inputs[:1]


def _place(spec: ObjectSpec, position: int) -> Path:
    """Return where the name at a position of `spec.inputs` was written."""
    assert spec.inputs is not None
    if not spec.call:
        return (*spec.path, "inputs") if len(spec.inputs) == 1 else (*spec.path, "inputs", position)
    count = 0
    for key, value in spec.call.items():
        count += len(value) if isinstance(value, tuple) else isinstance(value, str)
        if position < count:
            return (*spec.path, "inputs", key)
    return (*spec.path, "inputs")


def _called(given: _List, spec: ObjectSpec, names: list[str], position: int, problems: list[Problem]) -> str:
    """Return the node whose layer `shared` calls again."""
    of = str(spec.args.get("of", ""))
    path = spec.args_path
    above = dict(zip(names[:position], given.layers, strict=False))
    if of not in above:
        what, fix = _unknown(of, list(above), [*names[:position], *names[position + 1 :]])
        problems.append(given.config.problem(path, what.replace("no input and no layer", "no layer"), fix))
        return of
    if above[of].type == "shared":
        inner = str(above[of].args.get("of", ""))
        problems.append(given.config.problem(path, f"'{of}' is a further call of '{inner}'", f"Write shared: {inner}."))
    elif above[of].type.startswith("ops."):
        problems.append(given.config.problem(path, f"'{of}' is arithmetic without weights", "Write it again."))
    return of


def _unknown(name: str, above: list[str], names: list[str]) -> tuple[str, str]:
    if split_output(name, names)[0] in names:
        return f"layer '{name}' stands below", "A layer takes inputs and layers above it; move it up."
    return f"no input and no layer above is called '{name}'", did_you_mean(name, above)


def _outputs(given: _List, names: list[str], problems: list[Problem]) -> dict[str, str]:
    outputs = given.outputs
    if not outputs:
        return {"": names[-1]} if names else {}
    if isinstance(outputs, str):
        outputs = {"": outputs}
    elif not isinstance(outputs, Mapping):
        outputs = {str(n): name for n, name in enumerate(outputs)}
    for output, layer in outputs.items():
        if split_output(layer, names)[0] not in names:
            where = (*given.outputs_path, int(output) if isinstance(given.outputs, list) else output)
            path = where if output else given.outputs_path
            problems.append(given.config.problem(path, f"no layer is called '{layer}'", did_you_mean(layer, names)))
    return dict(outputs)


def _unused(given: _List, graph: Graph) -> list[Problem]:
    """Return a problem for each input and layer that leads to no output; Keras would leave it out silently."""
    names = [node.name for node in graph.nodes]
    reached = {split_output(layer, names)[0] for layer in graph.outputs.values()}
    for node in reversed(graph.nodes):
        if node.name in reached:
            reached.update(split_output(name, [*names, *graph.inputs])[0] for name in node.inputs)
            reached.add(node.calls)
    problems = [
        given.config.problem(
            (*given.inputs_path, name), "no layer takes this input", f"Write `inputs: {name}` beside one."
        )
        for name in graph.inputs
        if name not in reached
    ]
    fix = "Name it under `inputs` of a layer below or under `outputs`, or take it out."
    return problems + [
        given.config.problem(node.spec.path, f"nothing uses what layer '{node.name}' gives", fix)
        for node in graph.nodes
        if node.name not in reached
    ]
