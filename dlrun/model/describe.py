"""A model's layers as rows for a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from dlrun.config.graph import Node
    from dlrun.model.build import Network


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


def layer_rows(network: Network) -> list[LayerRow]:
    """Return a row for each input and each layer of a network, in the config's order.

    A further call of a layer has no parameters of its own; a nested model is one row.
    """
    rows = [LayerRow(name, "InputLayer", _shape(network.tensors[name]), 0, 0, ()) for name in network.graph.inputs]
    return rows + [_row(node, network) for node in network.graph.nodes]


def _row(node: Node, network: Network) -> LayerRow:
    shape, layer = _shape(network.tensors[node.name]), network.layers[node.name]
    if node.is_shared:
        return LayerRow(node.name, f"shared {node.calls}", shape, 0, 0, node.inputs)
    layer = getattr(layer, "model", layer)  # a nested model, or a network of keras.applications
    if not isinstance(layer, keras.layers.Layer):
        return LayerRow(node.name, node.spec.type, shape, 0, 0, node.inputs)
    trainable = sum(math.prod(variable.shape) for variable in layer.trainable_weights)
    name = node.spec.type if isinstance(layer, keras.Model) else type(layer).__name__
    return LayerRow(node.name, name, shape, layer.count_params(), trainable, node.inputs)


def _shape(tensors: Any) -> tuple[Any, ...]:
    """Return the shape of a tensor, or of each of several."""
    if isinstance(tensors, list | tuple | dict):
        return tuple(tuple(tensor.shape) for tensor in keras.tree.flatten(tensors))
    return tuple(tensors.shape)
