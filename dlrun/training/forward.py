"""What the network answers, for rows in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.training.examples import Array, Examples, device_rows
from dlrun.training.streamed import pieces_of

if TYPE_CHECKING:
    from dlrun.training.examples import DeviceRows
    from dlrun.training.windows import DeviceWindows, WindowExamples

FLOATS_PER_BATCH = 2**20  # inputs in a batch for narrow tables; wide rows and images keep the training's batch size
MOST_ROWS = 4096


class Forward:
    """Runs a network forward.

    How many rows go through at once depends on their shape and the training's batch size alone, so the same rows get
    the same bits in a later process.

    Args:
        model: A built model.
        batch_size: The training's.
    """

    def __init__(self, model: Any, batch_size: int) -> None:
        self._model = model
        self._batch_size = batch_size
        self._call: Any = None

    def outputs(self, examples: Examples | WindowExamples) -> dict[str, Array]:
        """Return the network's raw outputs.

        Args:
            examples: Its inputs; labels and weights are not looked at.

        Returns:
            Output to array `(num_rows, ...)`; "" where the model has one unnamed output.
        """
        import keras
        import tensorflow as tf

        size = rows_in_batch(examples.floats, self._batch_size)
        batches = []
        for piece in pieces_of(replace(examples, y=None, sample_weight=None), size):
            rows = device_rows(piece, self._model)
            call = self._trace(rows)
            starts = range(0, max(rows.num_rows, 1), size)
            batches += [call(rows.tensors, tf.constant(s), tf.constant(min(s + size, rows.num_rows))) for s in starts]
        joined = keras.tree.map_structure(lambda *parts: np.concatenate([part.numpy() for part in parts]), *batches)
        return joined if isinstance(joined, dict) else {"": joined}

    def _trace(self, rows: DeviceRows | DeviceWindows) -> Any:
        import tensorflow as tf

        if self._call is not None:
            return self._call
        take = rows.take  # the graph lives longer than rows need to

        @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
        def call(data: Any, start: Any, end: Any) -> Any:
            return self._model.predict_step(take(data, tf.range(start, end)))

        number = tf.TensorSpec([], tf.int32)
        self._call = tf.function(call).get_concrete_function(rows.spec, number, number)
        return self._call


def rows_in_batch(floats: int, batch_size: int) -> int:
    """Return how many rows, of so many numbers each, are predicted at once."""
    return max(batch_size, min(MOST_ROWS, FLOATS_PER_BATCH // max(floats, 1)))
