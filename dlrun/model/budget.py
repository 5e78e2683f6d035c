"""A bound on a network's weights while it is built: a stranger's config can ask for more than any machine has."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from dlrun.errors import Problem, RunError
from dlrun.memory import machine_memory


@contextmanager
def weights_within(num_bytes: int) -> Iterator[None]:
    """Build layers inside; before the weights come to more than `num_bytes`, it stops.

    Keras has no hook for this, so its method that makes each weight is watched meanwhile.

    Raises:
        RunError: If the layers ask for more.
    """
    what = f"its network needs more than the {num_bytes:,} bytes that its weights have"
    with _watched(num_bytes, RunError(Problem(what, "Train it again, or restore the folder from a copy."))):
        yield


@contextmanager
def weights_in_memory() -> Iterator[None]:
    """Build layers inside; before the weights come to more than the machine's memory, it stops.

    Where the system promises memory that it has not got, it would end the process, or another, without a word.

    Raises:
        MemoryError: If the layers ask for more.
    """
    num_bytes = machine_memory()
    with _watched(
        num_bytes, MemoryError(f"its weights need more than this machine's {num_bytes / 1e9:.1f} GB of memory")
    ):
        yield


@contextmanager
def _watched(num_bytes: int, error: Exception) -> Iterator[None]:
    original, left = keras.layers.Layer.add_weight, num_bytes

    def add_weight(layer: Any, shape: Any = None, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= _size(shape, kwargs.get("dtype") or layer.variable_dtype)
        if left < 0:
            raise error
        return original(layer, shape, *args, **kwargs)

    keras.layers.Layer.add_weight = add_weight
    try:
        yield
    finally:
        keras.layers.Layer.add_weight = original


def _size(shape: Any, dtype: Any) -> int:
    sizes = shape if isinstance(shape, tuple | list) else () if shape is None else (shape,)
    try:
        return math.prod(int(size) for size in sizes if size is not None) * np.dtype(str(dtype)).itemsize
    except TypeError:  # a type that NumPy does not know, such as bfloat16
        return math.prod(int(size) for size in sizes if size is not None)
