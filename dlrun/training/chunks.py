"""Several batches in one call: the loop over them runs inside TensorFlow's graph, not in Python.

A small network computes a batch in less time than Python needs to hand it over, so this is where dlrun is fast. The
numbers are those of `model.fit` with the same order, bit for bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dlrun.training.executor import executor, has_branches, runs_in_order
from dlrun.training.streamed import load_batches

if TYPE_CHECKING:
    from dlrun.training.examples import DeviceRows, Tensors
    from dlrun.training.graphs import Graphs
    from dlrun.training.windows import DeviceWindows

    Rows = DeviceRows | DeviceWindows

SECONDS_PER_CALL = 0.2  # how long a signal waits and a progress bar stands still


class Pace:
    """Chooses how many batches the next call computes.

    Args:
        fixed: As many as this, always; None chooses by the time that they take.
    """

    def __init__(self, fixed: int | None = None) -> None:
        self.batches = fixed or 1
        self._adapts = fixed is None

    def learn(self, batches: int, seconds: float) -> None:
        """Take note of how long a call took; it grows in steps, since a first short call tells little."""
        if self._adapts:
            fitting = batches * SECONDS_PER_CALL / max(seconds, 1e-6)
            self.batches = max(1, int(min(fitting, 16 * batches)))


class Chunks:
    """Computes the batches of some rows, a number of them at a time.

    The graph is made once and serves all rows of the same kind: validation rows while training, the rest after it.

    Args:
        model: A compiled model.
        step: `model.train_step` or `model.test_step`.
        batch_size: Rows in a batch; the last may have fewer.
        pace: How many batches a call computes.
        graphs: Those of a network before, of the same config; new ones are kept there.
    """

    def __init__(
        self,
        model: Any,
        step: Callable[[Tensors], Any],
        batch_size: int,
        pace: Pace | None = None,
        graphs: Graphs | None = None,
    ) -> None:
        self.model = model
        self.pace = pace or Pace()
        self._graphs = graphs
        self._step = step
        self._batch_size = batch_size
        self._in_order = runs_in_order(model)
        self._calls: dict[bool, Any] = {}

    def num_batches(self, rows: Rows) -> int:
        """Return how many batches the rows make."""
        return -(-rows.num_rows // self._batch_size)

    def run(self, rows: Rows, order: Any, first: int) -> tuple[int, dict[str, Any]]:
        """Compute some batches from batch `first` on, at most up to the last.

        Args:
            rows: The rows.
            order: Positions of all rows in the order of this epoch, a tensor.
            first: The first batch.

        Returns:
            How many batches of the epoch are done now, and the metrics' values so far as tensors. It stops early
            after a batch that left the mean loss NaN or infinite.
        """
        import tensorflow as tf

        call = self.trace(rows)
        started = time.perf_counter()
        end = min(first + self.pace.batches, self.num_batches(rows))
        data, order, base, end = load_batches(rows, order, first, end, self._batch_size)
        with executor(self._in_order):
            done, logs = call(data, order, tf.constant(first - base), tf.constant(end - base))
        done = base + int(done)  # waits for the device
        self.pace.learn(done - first, time.perf_counter() - started)
        return done, logs

    def trace(self, rows: Rows) -> Any:
        """Make the graph for such rows, if there is none yet; whatever does not fit together comes up here.

        Where the batch size divides the number of rows the graph knows the batches' shape, which is faster, and is
        what `model.fit` does. (It changes bits: TensorFlow divides by a known number through its reciprocal.)
        """
        even = rows.num_rows % self._batch_size == 0
        if even not in self._calls:
            build_metrics(self.model, rows)
            self._calls[even] = self._found(rows, even) or self._made(rows, even)
        return self._calls[even]

    def _found(self, rows: Rows, even: bool) -> Any:
        found = self._graphs.find((self._step.__name__, even), rows, self.model) if self._graphs else None
        if found is None:
            return None
        call, self._in_order = found
        return call

    def _made(self, rows: Rows, even: bool) -> Any:
        with executor(self._in_order):
            call = self._build(rows, even)
        if self._in_order and has_branches(call):
            self._in_order = False
            call = self._build(rows, even)
        if self._graphs is not None:
            self._graphs.keep((self._step.__name__, even), rows, self.model, call, self._in_order)
        return call

    def _build(self, rows: Rows, even: bool) -> Any:
        import tensorflow as tf

        # A function of its own gets TensorFlow's optimizations, which a loop's body does without.
        step = tf.function(self._step, autograph=False, jit_compile=self.model.jit_compile or None)
        take = rows.take  # the graph lives longer than rows need to

        def one_batch(data: Any, order: Any, batch: Any) -> Any:
            logs = step(take(data, self._positions(order, batch, even)))
            return batch + 1, tf.math.is_finite(logs["loss"])

        # Keras too keeps autograph away here: what the user's own layers need of it, their calls have already.
        @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
        def call(data: Any, order: Any, first: Any, end: Any) -> Any:
            done, _ = tf.while_loop(
                lambda batch, finite: tf.logical_and(batch < end, finite),
                lambda batch, _: one_batch(data, order, batch),
                (first, tf.constant(True)),
            )
            return done, self.model.get_metrics_result()

        batch, positions = tf.TensorSpec([], tf.int32), tf.TensorSpec([None], tf.int64)
        return tf.function(call).get_concrete_function(rows.spec, positions, batch, batch)

    def _positions(self, order: Any, batch: Any, even: bool) -> Any:
        import tensorflow as tf

        start = batch * self._batch_size
        if even:
            return tf.slice(order, [start], [self._batch_size])
        return order[start : tf.minimum(start + self._batch_size, tf.size(order))]


def build_metrics(model: Any, rows: Rows) -> None:
    """Make the variables of loss and metrics, as `model.fit` does; made inside a graph, it would be traced twice.

    Args:
        model: A compiled model.
        rows: Rows with labels.
    """
    import tensorflow as tf

    take = tf.function(rows.take, autograph=False)
    batch = take.get_concrete_function(rows.spec, tf.TensorSpec([None], tf.int64)).structured_outputs
    model._symbolic_build(data_batch=batch)


def measure(chunks: Chunks, rows: Rows) -> dict[str, Any]:
    """Return loss and metrics of some rows as Keras's `evaluate` gives them.

    Args:
        chunks: With `model.test_step`.
        rows: The rows.
    """
    import tensorflow as tf

    chunks.model.reset_metrics()
    order = tf.range(rows.num_rows, dtype=tf.int64)
    done, logs = 0, dict[str, Any]()
    while done < chunks.num_batches(rows) and math.isfinite(logs.get("loss", 0.0)):
        done, tensors = chunks.run(rows, order, done)
        logs = plain(tensors)
    return logs


def plain(logs: dict[str, Any]) -> dict[str, Any]:
    """Return the values as Python numbers, as callbacks get them; a metric of several values stays an array."""
    import keras

    arrays = {name: keras.ops.convert_to_numpy(value) for name, value in logs.items()}
    return {name: float(array) if array.ndim == 0 else array for name, array in arrays.items()}
