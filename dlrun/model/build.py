"""From a config to a Keras model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from dlrun.config.graph import Graph, wire
from dlrun.config.precision import full_precision
from dlrun.errors import ConfigError
from dlrun.model.budget import weights_in_memory
from dlrun.model.connect import connect, make_layers, picked
from dlrun.model.explain import explain
from dlrun.model.names import keras_name
from dlrun.model.precision import dtype_policy, in_float32
from dlrun.model.settings import BuildSettings, InputShape

if TYPE_CHECKING:
    from dlrun.config import Config

__all__ = ["InputShape", "Network", "build_model", "build_network", "keras_name"]


@dataclass(frozen=True)
class Network:
    """A Keras model, and what the config calls its parts.

    Args:
        model: The model.
        graph: Its layers and wires.
        layers: The layer that each node calls; a function for a node that has none, such as `ops.add`.
        tensors: What each input and node gives: a tensor, or a list or mapping of them.
    """

    model: keras.Model
    graph: Graph
    layers: Mapping[str, Any]
    tensors: Mapping[str, Any]


def build_model(config: Config, inputs: Mapping[str, InputShape], *, read_weights: bool = True) -> keras.Model:
    """Build the network: one functional Keras model, for a stack of layers and for a graph.

    Args:
        config: Its `layers`, `outputs` and `seed`.
        inputs: Name of each input to its shape and dtype, in order.
        read_weights: Whether to read the files that layers name under `weights`; in vain where all weights are
            replaced by a run's own.

    Returns:
        A model that is not compiled. It takes one tensor, or a mapping of input names to tensors where there are
        several inputs; it gives one tensor, or a mapping keyed by target where the config has `outputs`.

    Raises:
        ConfigError: If a layer is unknown, refuses its arguments, or cannot take the shape that comes in.

    Note:
        It seeds Python, NumPy and TensorFlow with the config's seed.
    """
    return build_network(config, inputs, read_weights=read_weights).model


def build_network(config: Config, inputs: Mapping[str, InputShape], *, read_weights: bool = True) -> Network:
    """Build the network as `build_model` does, and return its parts by their names, too."""
    graph = wire(config, inputs)
    # The one seed for initial weights and dropout alike. Keras draws a seed for each layer in the order in which
    # they are made, so the same config gives the same weights, and they equal those of a hand-written script that
    # calls set_random_seed and lists the same layers.
    keras.utils.set_random_seed(config.seed)
    settings = BuildSettings(config, read_weights)
    with dtype_policy(config), weights_in_memory():
        layers = make_layers(graph, settings, full_precision(graph, config))
        sources = {name: _input(name, inputs[name], config) for name in graph.inputs}
        tensors = connect(graph, layers, sources, settings)
        given: Any = sources if len(sources) > 1 else next(iter(sources.values()))
        results = {t: picked(layer, tensors, config, ("outputs", t)) for t, layer in graph.outputs.items()}
        _check_outputs(results, graph, config)
        results = in_float32(results, graph, config)
        model = keras.Model(given, results if graph.named_outputs else results[""], name=keras_name(config.name))
    return Network(model, graph, {node.name: layers[node.calls] for node in graph.nodes}, tensors)


def _input(name: str, declared: InputShape, config: Config) -> Any:
    path = ("inputs", name)
    if declared.shape is None:
        fix = f"Write `{name}: {{shape: [...]}}`."
        raise ConfigError(config.problem(path, f"the shape of input '{name}' is not known without data", fix))
    try:
        return keras.Input(shape=tuple(declared.shape), dtype=declared.dtype or "float32", name=name)
    except (ValueError, TypeError) as error:  # a name that holds a slash
        raise ConfigError(config.problem(path, explain(error))) from error


def _check_outputs(results: Mapping[str, Any], graph: Graph, config: Config) -> None:
    """Make sure that each output is one tensor."""
    specs = {node.name: node.spec for node in graph.nodes}
    for target, tensor in results.items():
        if isinstance(tensor, list | tuple | dict):
            layer = graph.outputs[target]
            name = next(iter(tensor)) if isinstance(tensor, dict) else 0
            path = ("outputs", target) if target else specs[layer].path
            what = f"'{layer}' gives {len(tensor)} tensors, and an output is one"
            fix = f"Name one under outputs: outputs: {{{target or 'y'}: {layer}.{name}}}."
            raise ConfigError(config.problem(path, what, fix))
