"""Several batches in one call: the loop over them runs inside TensorFlow's graph, not in Python.

A small network computes a batch in less time than Python needs to hand it over, so this is where dlrun is fast. The
numbers are those of `model.train_on_batch` in a plain loop, bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlrun.training.examples import DeviceRows, Tensors

SECONDS_PER_CALL = 0.2  # how long a signal waits and a progress bar stands still


class Pace:
    """Chooses how many batches the next call computes.

    Args:
        fixed: As many as this, always; None chooses by the time that they take.
    """

    def __init__(self, fixed: int | None = None) -> None:
        self.batches = fixed or 1
        self._adapts = fixed is None
        self._traced = False

    def learn(self, batches: int, seconds: float) -> None:
        """Take note of how long a call took; the first one also made the graph, so it tells nothing."""
        if self._adapts and self._traced:
            fitting = batches * SECONDS_PER_CALL / max(seconds, 1e-6)
            self.batches = max(1, int(min(fitting, 16 * batches)))
        self._traced = True


class Chunks:
    """All batches of a part, computed some at a time.

    Args:
        model: A compiled model.
        step: `model.train_step` or `model.test_step`.
        rows: The part's rows.
        batch_size: Rows in a batch; the last may have fewer.
        pace: How many batches a call computes.
    """

    def __init__(
        self, model: Any, step: Callable[[Tensors], Any], rows: DeviceRows, batch_size: int, pace: Pace
    ) -> None:
        self._model = model
        self.rows = rows
        self._batch_size = batch_size
        self.pace = pace
        self.num_batches = -(-rows.num_rows // batch_size)
        self._call = self._build(step)

    def run(self, order: Any, first: int) -> tuple[int, dict[str, Any]]:
        """Compute some batches from batch `first` on, at most up to the last.

        Args:
            order: Positions of all rows in the order of this epoch, a tensor.
            first: The first batch.

        Returns:
            How many batches of the epoch are done now, and the metrics' values so far as tensors. It stops early
            after a batch that left the mean loss NaN or infinite.
        """
        import tensorflow as tf

        started = time.perf_counter()
        end = min(first + self.pace.batches, self.num_batches)
        done, logs = self._call(order, tf.constant(first), tf.constant(end))
        done = int(done)  # waits for the device
        self.pace.learn(done - first, time.perf_counter() - started)
        return done, logs

    def _build(self, step: Callable[[Tensors], Any]) -> Callable[..., Any]:
        import tensorflow as tf

        if self._model.jit_compile:
            step = tf.function(step, jit_compile=True, reduce_retracing=True)

        def one_batch(order: Any, batch: Any) -> Any:
            logs = step(self.rows.take(self._positions(order, batch)))
            return batch + 1, tf.math.is_finite(logs["loss"])

        # Keras too keeps autograph away here: what the user's own layers need of it, their calls have already.
        @tf.autograph.experimental.do_not_convert
        def call(order: Any, first: Any, end: Any) -> Any:
            done, _ = tf.while_loop(
                lambda batch, finite: tf.logical_and(batch < end, finite),
                lambda batch, _: one_batch(order, batch),
                (first, tf.constant(True)),
            )
            return done, self._model.get_metrics_result()

        return tf.function(call)  # type: ignore[no-any-return]

    def _positions(self, order: Any, batch: Any) -> Any:
        import tensorflow as tf

        start = batch * self._batch_size
        if self.rows.num_rows % self._batch_size == 0:
            return tf.slice(order, [start], [self._batch_size])  # a fixed shape makes for a faster graph
        return order[start : tf.minimum(start + self._batch_size, self.rows.num_rows)]
