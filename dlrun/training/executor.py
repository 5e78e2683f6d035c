"""Operations one after another: what makes a graph of small ones fast on a CPU.

TensorFlow hands the operations of a graph to a pool of threads, and for small ones the handing over takes longer than
the work. Its single-threaded executor runs them in order; a single operation still uses all threads, and the numbers
stay the same, bit for bit.
"""

from __future__ import annotations

import contextlib
from typing import Any

_BRANCHES = {"If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile"}
MOST_WEIGHTS = 2**16  # beyond, the work outweighs the handing over, and branches gain by running side by side


def runs_in_order(model: Any) -> bool:
    """Tell whether a model is of the kind that gains: small, on a CPU, and without loops of its own.

    The body of a recurrent layer's loop would be computed by other kernels, whose last bits differ. So would batch
    normalization beside a branch past it, as in a residual block, whose gradients meet there.

    Args:
        model: A built Keras model.
    """
    import keras
    import tensorflow as tf

    if model.count_params() > MOST_WEIGHTS or tf.config.list_logical_devices("GPU"):
        return False
    layers = list(model._flatten_layers())
    if any(isinstance(layer, keras.layers.RNN) for layer in layers):
        return False
    branches = any(len(layer._outbound_nodes) > 1 for layer in layers)
    return not (branches and any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers))


def has_branches(function: Any) -> bool:
    """Tell whether a graph holds branches or loops inside of its functions: run in order, they would never end.

    Optimizers have them for `gradient_accumulation_steps`, `use_ema` and a scaled loss.

    Args:
        function: A concrete function.
    """
    library = function.graph.as_graph_def().library
    return any(node.op in _BRANCHES for inner in library.function for node in inner.node_def)


def executor(in_order: bool) -> contextlib.AbstractContextManager[None]:
    """Return the context in which graphs are to be made and run: one operation after another, or TensorFlow's own."""
    from tensorflow.python.eager import context

    single = getattr(context, "function_executor_type", None)  # not public; without it all works, only slower
    if not in_order or single is None:
        return contextlib.nullcontext()
    return single("SINGLE_THREADED_EXECUTOR")  # type: ignore[no-any-return]
