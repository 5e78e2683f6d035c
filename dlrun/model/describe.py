"""A model's layers as rows for a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from dlrun.config.graph import wire
from dlrun.model.build import keras_name

if TYPE_CHECKING:
    from dlrun.config import Config


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Args:
        name: Its name.
        type: Its class.
        output_shape: Of what it gives, rows first (None); several where it gives several tensors.
        parameters: How many numbers it holds.
        trainable_parameters: How many of them training changes.
        connected_to: The inputs and layers whose tensors it takes.
    """

    name: str
    type: str
    output_shape: tuple[Any, ...]
    parameters: int
    trainable_parameters: int
    connected_to: tuple[str, ...]


def layer_rows(model: keras.Model, config: Config) -> list[LayerRow]:
    """Return a row for each input and each layer of a model, in the config's order.

    Args:
        model: From `build_model(config, ...)`.
        config: The config that it was built from.
    """
    inputs = [layer for layer in model.layers if isinstance(layer, keras.layers.InputLayer)]
    names = list(model.input) if isinstance(model.input, dict) else [layer.name for layer in inputs]
    graph = wire(config, names)
    rows = [_row(name, model.get_layer(name), ()) for name in graph.inputs]
    return rows + [_row(node.name, model.get_layer(keras_name(node.name)), node.inputs) for node in graph.nodes]


def _row(name: str, layer: Any, connected_to: tuple[str, ...]) -> LayerRow:
    output = layer.output
    many = isinstance(output, list | tuple)
    shape = tuple(tuple(tensor.shape) for tensor in output) if many else tuple(output.shape)
    trainable = sum(math.prod(variable.shape) for variable in layer.trainable_weights)
    return LayerRow(name, type(layer).__name__, shape, layer.count_params(), trainable, connected_to)
