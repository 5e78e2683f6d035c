"""Rows that stay on disk: those of the next batches are loaded for each call.

The graph is the one that rows in memory have, and gets the same rows in the same order; so the weights are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from dlrun.training.examples import Array, DeviceRows, Examples, Tensors

BYTES_AT_ONCE = 2**26  # of inputs, on the device


class StreamedRows(DeviceRows):
    """Rows on disk; `tensors` is the first of them alone, to show what they are like.

    They are loaded in blocks of consecutive batches: while the network computes those of one block, a thread loads
    the next. What is in a batch does not depend on the blocks.

    Args:
        examples: The rows.
        model: The model that takes them.
    """

    def __init__(self, examples: Examples, model: Any) -> None:
        import keras

        super().__init__(first_rows(examples, 1), model)
        self.num_rows = len(examples)
        self._data = self.arrays(examples, model)
        row = keras.tree.flatten(keras.tree.map_structure(lambda array: array[:1].nbytes, self._data))
        self.most_rows = max(1, BYTES_AT_ONCE // max(1, sum(row)))
        self._loader = ThreadPoolExecutor(1, "load")
        self._order: Any = None
        self._blocks: dict[int, Future[Tensors]] = {}  # by the place of their first row

    def block(self, order: Any, first: int, size: int) -> tuple[int, Tensors]:
        """Return some rows with the first one wanted among them, and have those behind them loaded.

        Args:
            order: Positions of all rows in the order of this epoch, a tensor.
            first: The first row wanted, by its place in that order.
            size: Rows in a block.

        Returns:
            Where the block begins, and its rows.

        Raises:
            DataError: If an image cannot be decoded.
        """
        if order is not self._order:
            self._order, self._blocks = order, {}
        start = next((s for s in self._blocks if s <= first < s + size), first)
        wanted = [s for s in (start, start + size) if s < self.num_rows]
        self._blocks = {s: self._blocks.get(s) or self._submit(order[s : s + size]) for s in wanted}
        return start, self._blocks[start].result()

    def _submit(self, positions: Any) -> Future[Tensors]:
        return self._loader.submit(self.load, positions.numpy())

    def load(self, positions: Array) -> Tensors:
        """Return some rows as tensors.

        They are read in the order in which they lie on disk, which is faster, and then put into that of `positions`.
        """
        import keras
        import tensorflow as tf

        order = np.argsort(positions)
        in_order = positions[order]

        def loaded(array: Any) -> Any:
            out = np.empty((len(positions), *array.shape[1:]), array.dtype)
            out[order] = array[in_order]
            with tf.device("CPU:0"):  # the device gets them when they are used
                return tf.convert_to_tensor(out)

        return keras.tree.map_structure(loaded, self._data)


def load_batches(rows: Any, order: Any, first: int, end: int, batch_size: int) -> tuple[Tensors, Any, int, int]:
    """Return what a call that computes the batches `first` to `end` needs.

    Returns:
        Rows, their order, the number of the first batch in that order, and the end: fewer batches than were wanted
        where the rows have to be loaded, and so many are too many at once.
    """
    import tensorflow as tf

    if not isinstance(rows, StreamedRows):
        return rows.tensors, order, 0, end
    size = batch_size * max(1, rows.most_rows // batch_size)
    start, tensors = rows.block(order, first * batch_size, size)
    loaded = min(size, rows.num_rows - start)
    base, last = start // batch_size, -(-(start + loaded) // batch_size)
    return tensors, tf.range(loaded, dtype=tf.int64), base, min(end, last)


def first_rows(examples: Examples, stop: int, start: int = 0) -> Examples:
    """Return some consecutive rows, as rows in memory."""

    def some(data: Any) -> Any:
        if isinstance(data, dict):
            return {name: array[start:stop] for name, array in data.items()}
        return None if data is None else data[start:stop]

    return Examples(some(examples.x), some(examples.y), some(examples.sample_weight))


def pieces_of(examples: Any, size: int) -> Iterator[Any]:
    """Return the rows in pieces of a multiple of `size` rows that fit into memory; in one if they are there already."""
    if not getattr(examples, "on_disk", False):
        yield examples
        return
    step = size * max(1, BYTES_AT_ONCE // max(1, 4 * examples.floats * size))
    for start in range(0, max(len(examples), 1), step):
        yield first_rows(examples, start + step, start)


__all__ = ["StreamedRows", "load_batches", "pieces_of"]
