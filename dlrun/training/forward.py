"""What the network answers, for rows in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.training.examples import Array, DeviceRows, Examples

FLOATS_PER_BATCH = 2**20  # inputs in a batch for narrow tables; wide rows and images keep the training's batch size
MOST_ROWS = 4096


def forward(model: Any, x: dict[str, Array], batch_size: int) -> dict[str, Array]:
    """Return the network's raw outputs.

    The rows in a batch depend on the shapes and `batch_size` alone, so the same rows get the same bits in a later
    process.

    Args:
        model: A built model.
        x: Input name to array `(num_rows, ...)`.
        batch_size: The training's.

    Returns:
        Output to array `(num_rows, ...)`; "" where the model has one unnamed output.
    """
    import keras
    import tensorflow as tf

    rows = DeviceRows(Examples(x), model)
    size = rows_in_batch(x, batch_size)

    @tf.function  # type: ignore[untyped-decorator, unused-ignore]
    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator, unused-ignore]
    def call(start: Any) -> Any:
        positions = tf.range(start, tf.minimum(start + size, rows.num_rows))
        return model.predict_step(rows.take(positions))

    batches = [call(tf.constant(start)) for start in range(0, max(rows.num_rows, 1), size)]
    joined = keras.tree.map_structure(lambda *parts: np.concatenate([part.numpy() for part in parts]), *batches)
    return joined if isinstance(joined, dict) else {"": joined}


def rows_in_batch(x: dict[str, Array], batch_size: int) -> int:
    """Return how many rows are predicted at once."""
    floats = sum(int(np.prod(array.shape[1:])) for array in x.values())
    return max(batch_size, min(MOST_ROWS, FLOATS_PER_BATCH // max(floats, 1)))
