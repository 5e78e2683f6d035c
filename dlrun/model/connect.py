"""Making the layers of a graph, and calling them on one another's tensors."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import keras

from dlrun.config.graph import Graph, Node
from dlrun.config.graph_layers import is_application, is_operation
from dlrun.config.layer_names import split_output
from dlrun.config.objects import Path
from dlrun.errors import ConfigError, DlrunError, Location, Problem
from dlrun.model.applications import Application
from dlrun.model.explain import explain, hint, place_in, show_shape
from dlrun.model.names import keras_name
from dlrun.model.nested import NestedModel
from dlrun.model.objects import build_object
from dlrun.model.operations import operation
from dlrun.model.settings import BuildSettings

if TYPE_CHECKING:
    from dlrun.config import Config


def make_layers(graph: Graph, settings: BuildSettings, in_float32: Collection[str] = ()) -> dict[str, Any]:
    """Return the layer of each node that has one of its own, by the node's name, in order.

    Args:
        graph: The graph.
        settings: How the network is built.
        in_float32: Nodes whose layers compute in float32, whatever the others do.

    Raises:
        ConfigError: With a problem for every layer that is unknown or refuses its arguments.
    """
    layers: dict[str, Any] = {}
    problems: list[Problem] = []
    for node in graph.nodes:
        if node.is_shared:
            continue
        try:
            given = {"dtype": "float32"} if node.name in in_float32 else {}
            layers[node.name] = _make(node, settings, given)
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(*problems)
    return layers


def _make(node: Node, settings: BuildSettings, given: Mapping[str, str]) -> Any:
    spec = node.spec
    if node.graph is not None:
        return NestedModel(node.name, spec, node.graph, make_layers(node.graph, settings), settings, connect)
    if is_operation(spec.type):
        return operation(spec, settings.config)
    if is_application(spec.type):
        return Application(node.name, spec, settings)
    return build_object(spec, "layers", settings.config, name=keras_name(node.name), **given)


def connect(
    graph: Graph, layers: Mapping[str, Any], sources: Mapping[str, Any], settings: BuildSettings
) -> dict[str, Any]:
    """Call every layer of a graph, and return what the inputs and layers give, by their names.

    Raises:
        ConfigError: If a layer cannot take what comes in; it names the shapes.
    """
    tensors: dict[str, Any] = dict(sources)
    for node in graph.nodes:
        tensors[node.name] = _call(node, layers[node.calls], graph, tensors, settings.config)
    return tensors


def picked(reference: str, tensors: Mapping[str, Any], config: Config, path: Path) -> Any:
    """Return what a reference means: all that a layer gives, or for `lstm.1` the second of its tensors.

    Args:
        reference: What stands in the config.
        tensors: What each input and layer gives.
        config: The config.
        path: Where the reference stands in it.

    Raises:
        ConfigError: If the layer gives no such tensor.
    """
    name, output = split_output(reference, tensors)
    found = tensors[name]
    for key in output.split(".") if output else ():
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list | tuple) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            names = list(found) if isinstance(found, dict) else range(len(found) if _is_many(found) else 0)
            there = ", ".join(f"{name}.{n}" for n in names)
            fix = f"There are: {there}." if there else f"Write {name} alone."
            count = f"{len(found)} tensors" if _is_many(found) else "one tensor"
            what = f"'{name}' gives {count}, and '{reference}' is none of them"
            raise ConfigError(config.problem(path, what, fix))
    return found


def _is_many(tensors: Any) -> bool:
    return isinstance(tensors, list | tuple | dict)


def _call(node: Node, layer: Any, graph: Graph, tensors: Mapping[str, Any], config: Config) -> Any:
    """Call a layer on the tensors that its node names."""
    taken = {name: picked(name, tensors, config, (*node.spec.path, "inputs")) for name in node.inputs}
    try:
        if node.call:
            positions = [key for key in node.call if key.isdecimal()]
            values = {key: _call_value(value, taken) for key, value in node.call.items()}
            given = layer(*(values.pop(key) for key in sorted(positions, key=int)), **values)
        else:
            given = layer(*_call_arguments(layer, [taken[name] for name in node.inputs]))
    except DlrunError:
        raise
    except Exception as error:  # Keras raises whatever shapes that do not fit lead to
        raise ConfigError(_shape_problem(node, error, graph, taken, config)) from error
    if any(given is tensor for tensor in taken.values()):  # Equalization in Keras 3.15, whose graph then has a cycle
        fix = "If it prepares data, write it under `preprocessing`."
        raise ConfigError(config.problem(node.spec.path, f"{node.spec.type} cannot be part of a network", fix))
    return given


def _call_value(value: Any, taken: Mapping[str, Any]) -> Any:
    if isinstance(value, tuple):
        return [taken[name] for name in value]
    return taken[value] if isinstance(value, str) else value


def _call_arguments(layer: Any, taken: list[Any]) -> list[Any]:
    """Return what the layer is called with: one tensor, several, or a list of them, as its `call` wants."""
    if isinstance(layer, NestedModel) or not isinstance(layer, keras.layers.Layer):
        return taken
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


def _shape_problem(node: Node, error: Exception, graph: Graph, taken: Mapping[str, Any], config: Config) -> Problem:
    message = explain(error)
    own = place_in(config.code, error)
    if own is not None:
        return Problem(message, where=node.spec.type, location=Location(*own))
    shapes = [tuple(t.shape) for tensors in taken.values() for t in keras.tree.flatten(tensors)]
    came = ", ".join(
        f"{' and '.join(show_shape(t.shape) for t in keras.tree.flatten(tensors))} from '{name}'"
        for name, tensors in taken.items()
    )
    types = {other.name: other.spec.type for other in graph.nodes}
    advice = hint(node.spec.type, message, shapes, types.get(node.inputs[0]))
    return config.problem(node.spec.path, f"{node.spec.type} '{node.name}' cannot take {came}: {message}", advice)
