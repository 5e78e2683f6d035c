"""Arrays on the device; on a processor, without a second copy of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.data.memory import LEAST_BYTES

Array = np.ndarray[Any, Any]
ALIGNMENT = 64  # bytes; TensorFlow ends the process where memory that it shares begins elsewhere


def as_tensor(array: Any) -> Any:
    """Return an array as a tensor, which shares its memory where that can be; it must not be written to any more.

    TensorFlow's own conversion copies twice.
    """
    import tensorflow as tf

    if not _can_be_shared(array) or tf.config.list_logical_devices("GPU"):
        return tf.convert_to_tensor(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def taken(tensor: Any, positions: Any) -> Any:
    """Return some rows of a tensor; pixels, which are kept as bytes, become float32 here."""
    import tensorflow as tf

    rows = tf.gather(tensor, positions)
    return tf.cast(rows, tf.float32) if rows.dtype == tf.uint8 else rows


def _can_be_shared(array: Any) -> bool:
    return (
        isinstance(array, np.ndarray)
        and array.dtype in (np.float32, np.int32, np.uint8)
        and array.nbytes >= LEAST_BYTES
        and array.flags.c_contiguous
        and array.flags.writeable
        and array.ctypes.data % ALIGNMENT == 0
    )
