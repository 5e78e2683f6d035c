"""The lines of mixed precision: a policy for the layers, float32 for what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlrun.config.precision import cast_outputs, policy_of
from dlrun.export.source import Code, Lines, literal

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.graph import Graph

CAST = Code('keras.layers.Activation("linear", dtype="float32")')


def policy_lines(config: Config) -> Lines:
    """Return the line that sets Keras's dtype policy; none where there is no mixed precision."""
    policy = policy_of(config)
    return [f"keras.config.set_dtype_policy({literal(policy)})"] if policy is not None else []


def cast_in(outputs: dict[str, str], graph: Graph, config: Config) -> dict[str, str]:
    """Return the outputs' expressions, those of 16 bits cast to 32."""
    cast = cast_outputs(graph, config)
    return {target: f"{CAST}({tensor})" if target in cast else tensor for target, tensor in outputs.items()}
