"""Mixed precision: a network's layers are made under Keras's dtype policy, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras

from dlrun.config.precision import cast_outputs, policy_of
from dlrun.model.names import keras_name

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.graph import Graph


@contextmanager
def dtype_policy(config: Config) -> Iterator[None]:
    """Make the layers inside the block under the config's dtype policy; the former one is back after it.

    A layer keeps the policy that it was made under. Keras scales the loss of a model that was made under
    `mixed_float16`, so that small gradients do not vanish.
    """
    name = policy_of(config)
    if name is None:
        yield
        return
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(results: Mapping[str, Any], graph: Graph, config: Config) -> dict[str, Any]:
    """Return a network's outputs, those that are still in 16 bits cast to 32."""
    cast = cast_outputs(graph, config)
    return {target: _cast(target)(tensor) if target in cast else tensor for target, tensor in results.items()}


def _cast(target: str) -> Any:
    return keras.layers.Activation("linear", dtype="float32", name=keras_name(f"{target or 'output'}_float32"))
