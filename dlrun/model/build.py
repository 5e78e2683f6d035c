"""From a config to a Keras model."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import keras

from dlrun.config.graph import Graph, Node, wire
from dlrun.errors import ConfigError, DlrunError, Location, Problem
from dlrun.model.explain import explain, hint, place_in, show_shape
from dlrun.model.objects import build_object

if TYPE_CHECKING:
    from dlrun.config import Config


class InputShape(Protocol):
    """What is known of an input: its shape without rows, and its dtype (None means float32)."""

    @property
    def shape(self) -> Sequence[int | None] | None: ...  # noqa: D102
    @property
    def dtype(self) -> str | None: ...  # noqa: D102


def build_model(config: Config, inputs: Mapping[str, InputShape]) -> keras.Model:
    """Build the network: one functional Keras model, for a stack of layers and for a graph.

    Args:
        config: Its `layers`, `outputs` and `seed`.
        inputs: Name of each input to its shape and dtype, in order.

    Returns:
        A model that is not compiled. It takes one tensor, or a mapping of input names to tensors where there are
        several inputs; it gives one tensor, or a mapping keyed by target where the config has `outputs`.

    Raises:
        ConfigError: If a layer is unknown, refuses its arguments, or cannot take the shape that comes in.

    Note:
        It seeds Python, NumPy and TensorFlow with the config's seed.
    """
    graph = wire(config, inputs)
    # The one seed for initial weights and dropout alike. Keras draws a seed for each layer in the order in which
    # they are made, so the same config gives the same weights, and they equal those of a hand-written script that
    # calls set_random_seed and lists the same layers.
    keras.utils.set_random_seed(config.seed)
    layers = _build_layers(graph, config)
    sources = {name: _input(name, inputs[name], config) for name in graph.inputs}
    tensors: dict[str, Any] = dict(sources)
    for node in graph.nodes:
        tensors[node.name] = _connect(node, layers[node.name], graph, tensors, config)
    given: Any = sources if len(sources) > 1 else next(iter(sources.values()))
    results: Any = {target: tensors[layer] for target, layer in graph.outputs.items()}
    return keras.Model(given, results if graph.named_outputs else results[""], name=keras_name(config.name))


def keras_name(name: str) -> str:
    """Return the name under which Keras knows a layer or model.

    TensorFlow takes no letters but A to Z in it, so others are written as their numbers: 층 as uce35.
    """
    plain = re.sub(r"[^A-Za-z0-9_.-]", lambda found: f"u{ord(found[0]):04x}", name)
    return plain if plain[:1].isalnum() else f"layer{plain}"


def _input(name: str, declared: InputShape, config: Config) -> Any:
    path = ("inputs", name)
    if declared.shape is None:
        fix = f"Write `{name}: {{shape: [...]}}`."
        raise ConfigError(config.problem(path, f"the shape of input '{name}' is not known without data", fix))
    try:
        return keras.Input(shape=tuple(declared.shape), dtype=declared.dtype or "float32", name=name)
    except (ValueError, TypeError) as error:  # a name that holds a slash
        raise ConfigError(config.problem(path, explain(error))) from error


def _build_layers(graph: Graph, config: Config) -> dict[str, Any]:
    layers: dict[str, Any] = {}
    problems: list[Problem] = []
    for node in graph.nodes:
        try:
            layers[node.name] = build_object(node.spec, "layers", config, name=keras_name(node.name))
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(*problems)
    return layers


def _connect(node: Node, layer: Any, graph: Graph, tensors: Mapping[str, Any], config: Config) -> Any:
    """Call a layer on the tensors that its node names."""
    taken = [tensors[name] for name in node.inputs]
    try:
        given = layer(*_call_arguments(layer, taken))
    except DlrunError:
        raise
    except Exception as error:  # Keras raises whatever shapes that do not fit lead to
        raise ConfigError(_shape_problem(node, error, graph, tensors, config)) from error
    if any(given is tensor for tensor in taken):  # Equalization does so in Keras 3.15, whose graph takes it for a cycle
        fix = "If it prepares data, write it under `preprocessing`."
        raise ConfigError(config.problem(node.spec.path, f"{node.spec.type} cannot be part of a network", fix))
    return given


def _call_arguments(layer: Any, taken: list[Any]) -> list[Any]:
    """Return what the layer is called with: one tensor, several, or a list of them, as its `call` wants."""
    required = [
        parameter
        for parameter in inspect.signature(layer.call).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    if len(required) > 1:  # MultiHeadAttention takes (query, value); with one tensor it attends to itself
        return taken * len(required) if len(taken) == 1 else taken
    if isinstance(layer, keras.layers.Attention) and len(taken) == 1:
        return [taken * 2]
    return taken if len(taken) == 1 else [taken]


def _shape_problem(node: Node, error: Exception, graph: Graph, tensors: Mapping[str, Any], config: Config) -> Problem:
    message = explain(error)
    own = place_in(config.code, error)
    if own is not None:
        return Problem(message, where=node.spec.type, location=Location(*own))
    shapes = [tuple(t.shape) for name in node.inputs for t in _flat(tensors[name])]
    came = ", ".join(
        f"{' and '.join(show_shape(t.shape) for t in _flat(tensors[name]))} from '{name}'" for name in node.inputs
    )
    types = {other.name: other.spec.type for other in graph.nodes}
    advice = hint(node.spec.type, message, shapes, types.get(node.inputs[0]))
    return config.problem(node.spec.path, f"{node.spec.type} '{node.name}' cannot take {came}: {message}", advice)


def _flat(tensors: Any) -> list[Any]:
    return list(tensors) if isinstance(tensors, list | tuple) else [tensors]
