"""Rows that stay on disk: those of the next batches are loaded for each call.

The graph is the one that rows in memory have, and gets the same rows in the same order; so the weights are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dlrun.training.examples import Array, DeviceRows, Examples, Tensors

BYTES_AT_ONCE = 2**26  # of inputs, on the device


class StreamedRows(DeviceRows):
    """Rows on disk; `tensors` is the first of them alone, to show what they are like.

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

    def load(self, positions: Array) -> Tensors:
        """Return some rows as tensors.

        They are read in the order in which they lie on disk, which is faster, and then put into that of `positions`.
        """
        import keras
        import tensorflow as tf

        order = np.argsort(positions)
        in_order = positions[order]

        def loaded(array: Array) -> Any:
            out = np.empty((len(positions), *array.shape[1:]), array.dtype)
            out[order] = array[in_order]
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
    end = min(end, first + max(1, rows.most_rows // batch_size))
    positions = order[first * batch_size : end * batch_size].numpy()
    return rows.load(positions), tf.range(len(positions), dtype=tf.int64), first, end


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
