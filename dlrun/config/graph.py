"""Which layer takes what: the names of all layers and the wires between them, told from the config alone.

It needs no Keras, so `dlrun check` finds a wrong name as the building of the network does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError, Problem, did_you_mean

if TYPE_CHECKING:
    from dlrun.config.config import Config


@dataclass(frozen=True)
class Node:
    """A layer in the network.

    Args:
        name: Its name, given by the user or made from its type as Keras does: `dense`, `dense_1`.
        spec: What the config says of it.
        inputs: The inputs and layers whose tensors it takes.
    """

    name: str
    spec: ObjectSpec
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """The whole network.

    Args:
        inputs: The names of its inputs.
        nodes: The layers, each below those that it takes tensors from.
        outputs: Target to layer; the key is "" where the config has no `outputs`.
    """

    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    outputs: dict[str, str]

    @property
    def named_outputs(self) -> bool:
        """Whether the model's outputs are a mapping keyed by target."""
        return "" not in self.outputs


def wire(config: Config, input_names: Iterable[str]) -> Graph:
    """Name the layers and connect them.

    Raises:
        ConfigError: With every name that is unknown or used twice, and every part that is left unconnected.
    """
    inputs = tuple(input_names)
    problems: list[Problem] = []
    nodes: list[Node] = []
    names = _layer_names(config, inputs, problems)
    for position, (name, spec) in enumerate(zip(names, config.layers, strict=True)):
        nodes.append(Node(name, spec, _inputs_of(config, spec, inputs, names, position, problems)))
    outputs = _outputs(config, names, problems)
    if not problems:
        problems = _unused(config, Graph(inputs, tuple(nodes), outputs))
    if problems:
        raise ConfigError(*problems)
    return Graph(inputs, tuple(nodes), outputs)


def snake_case(class_name: str) -> str:
    """Return the name that Keras makes from a class's name: LeakyReLU to leaky_re_lu."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])", "_", class_name).lower()


def given_name(spec: ObjectSpec) -> str | None:
    """Return the name that the user gave a layer, beside it or among its arguments."""
    return spec.name or spec.args.get("name")


def _layer_names(config: Config, inputs: tuple[str, ...], problems: list[Problem]) -> list[str]:
    # Keras counts its automatic names over the life of the process; counted here, they depend on the config alone.
    given = [given_name(spec) for spec in config.layers]
    taken = {*inputs, *(name for name in given if name)}
    names: list[str] = []
    for spec, name in zip(config.layers, given, strict=True):
        if name is None:
            stem, count = snake_case(spec.type), 0
            name = stem
            while name in taken:
                count += 1
                name = f"{stem}_{count}"
            taken.add(name)
        elif name in names or name in inputs:
            what = f"the name '{name}' belongs to an {'input' if name in inputs else 'earlier layer'} already"
            problems.append(config.problem((*spec.path, "name"), what, "Give each its own."))
        names.append(name)
    return names


def _inputs_of(
    config: Config,
    spec: ObjectSpec,
    inputs: tuple[str, ...],
    names: list[str],
    position: int,
    problems: list[Problem],
) -> tuple[str, ...]:
    if spec.inputs is None:
        if position > 0:
            return (names[position - 1],)
        if len(inputs) > 1:
            fix = f"Write `inputs: {inputs[0]}` beside it, or join several with a Concatenate layer."
            what = (
                f"there are several inputs ({', '.join(inputs)}), and nothing says which of them goes into this layer"
            )
            problems.append(config.problem(spec.path, what, fix))
        return inputs[:1]
    above = [*inputs, *names[:position]]
    for n, name in enumerate(spec.inputs):
        if name not in above:
            where = (*spec.path, "inputs") if len(spec.inputs) == 1 else (*spec.path, "inputs", n)
            problems.append(config.problem(where, *_unknown(name, above, names)))
    return spec.inputs


def _unknown(name: str, above: list[str], names: list[str]) -> tuple[str, str]:
    if name in names:
        return f"layer '{name}' stands below", "A layer takes inputs and layers above it; move it up."
    return f"no input and no layer above is called '{name}'", did_you_mean(name, above)


def _outputs(config: Config, names: list[str], problems: list[Problem]) -> dict[str, str]:
    if not config.outputs:
        return {"": names[-1]}
    for target, layer in config.outputs.items():
        if layer not in names:
            problem = config.problem(("outputs", target), f"no layer is called '{layer}'", did_you_mean(layer, names))
            problems.append(problem)
    return dict(config.outputs)


def _unused(config: Config, graph: Graph) -> list[Problem]:
    """Return a problem for each input and layer that leads to no output; Keras would leave it out silently."""
    reached = set(graph.outputs.values())
    for node in reversed(graph.nodes):
        if node.name in reached:
            reached.update(node.inputs)
    problems = [
        config.problem(("inputs", name), "no layer takes this input", f"Write `inputs: {name}` beside one.")
        for name in graph.inputs
        if name not in reached
    ]
    fix = "Name it under `inputs` of a layer below or under `outputs`, or take it out."
    return problems + [
        config.problem(node.spec.path, f"nothing uses what layer '{node.name}' gives", fix)
        for node in graph.nodes
        if node.name not in reached
    ]
