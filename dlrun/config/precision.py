"""Mixed precision: which layers of a network compute in 32 bits all the same.

Keras advises to keep what a network gives in float32: a softmax or a loss of 16 bits loses what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlrun.catalog import keras_entry
from dlrun.config.graph_layers import is_application, is_operation
from dlrun.config.layer_names import split_output

if TYPE_CHECKING:
    from dlrun.config.config import Config
    from dlrun.config.graph import Graph, Node


def policy_of(config: Config) -> str | None:
    """Return the name of Keras's dtype policy that a config asks for; None for float32 throughout."""
    return config.compile.mixed_precision if config.compile is not None else None


def full_precision(graph: Graph, config: Config) -> set[str]:
    """Return the names of the layers that give an output and get `dtype: float32`; nothing without mixed precision."""
    if policy_of(config) is None:
        return set()
    return {node.name for node in _last_layers(graph) if _takes_dtype(node) and "dtype" not in node.spec.args}


def cast_outputs(graph: Graph, config: Config) -> set[str]:
    """Return the targets whose output is cast to float32, since what gives it cannot be told to compute in it."""
    if policy_of(config) is None:
        return set()
    told = {node.name for node in _last_layers(graph) if _takes_dtype(node)}
    names = [*graph.inputs, *(node.name for node in graph.nodes)]
    return {target for target, layer in graph.outputs.items() if split_output(layer, names)[0] not in told}


def _last_layers(graph: Graph) -> list[Node]:
    names = [*graph.inputs, *(node.name for node in graph.nodes)]
    last = {split_output(layer, names)[0] for layer in graph.outputs.values()}
    return [node for node in graph.nodes if node.name in last]


def _takes_dtype(node: Node) -> bool:
    """Tell whether a node has a layer to itself that computes by itself."""
    if node.is_shared or node.graph is not None or is_operation(node.spec.type) or is_application(node.spec.type):
        return False
    return computes_itself(node.spec.type, node.spec.args)


def computes_itself(name: str, args: Mapping[str, Any]) -> bool:
    """Tell whether a layer is one of Keras's own and computes by itself, not by one inside of it."""
    return keras_entry("layers", name) is not None and {"layer", "cell"}.isdisjoint(args)
