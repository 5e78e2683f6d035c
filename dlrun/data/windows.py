"""Windows by index: which rows are an example's inputs and which its labels.

Nothing is copied here. An example is one number, the row at which its inputs end; a million of them with a length of
168 are a million numbers. The training engine gathers the rows themselves, batch by batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

NO_PART = -1


@dataclass(frozen=True)
class WindowShape:
    """The form of an example: rows t-length+1..t go in, rows t+gap+1..t+gap+horizon are its label.

    Args:
        length: Rows that go in.
        horizon: Rows in the label.
        gap: Rows between the two.
        stride: Rows from one example to the next.
    """

    length: int
    horizon: int = 1
    gap: int = 0
    stride: int = 1

    @property
    def span(self) -> int:
        """Rows from an example's first input to its last label."""
        return self.length + self.gap + self.horizon

    def input_rows(self, ends: Array) -> Array:
        """Return the input rows `(num_examples, length)` of examples that end at these rows."""
        return np.asarray(ends)[:, None] + np.arange(1 - self.length, 1)

    def label_rows(self, ends: Array) -> Array:
        """Return the label rows `(num_examples, horizon)` of examples that end at these rows."""
        return np.asarray(ends)[:, None] + self.gap + np.arange(1, self.horizon + 1)


def segments_of(series: Array, ticks: Array | None = None, commonest: float = 1.0) -> Array:
    """Number the stretches of rows that no window may leave: rows of one series without a gap between them.

    Args:
        series: The number of each row's series `(num_rows,)`; a series' rows stand together, in order of time.
        ticks: Each row's time; None where rows count as evenly spaced.
        commonest: The clock's commonest step; a larger one is a gap.

    Returns:
        `(num_rows,)` from 0, growing by 1 at each border.
    """
    border = np.diff(series) != 0
    if ticks is not None:
        border |= np.diff(ticks) > commonest * (1 + 1e-6)
    return np.concatenate([[0], np.cumsum(border)]) if len(series) else np.zeros(0, dtype=np.int64)


def window_ends(shape: WindowShape, segments: Array, *, needs_labels: bool = True) -> Array:
    """Return the rows at which windows end, those of each segment `stride` apart from its first whole window on.

    Args:
        shape: The windows' form.
        segments: From `segments_of`.
        needs_labels: Whether the label rows must be there, too.
    """
    starts = np.flatnonzero(np.diff(segments, prepend=-1))
    sizes = np.diff(starts, append=len(segments))
    counts = np.maximum(0, (sizes - (shape.span if needs_labels else shape.length)) // shape.stride + 1)
    first = np.repeat(starts + shape.length - 1, counts)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(first + number * shape.stride, dtype=np.int64)


def part_of_examples(shape: WindowShape, ends: Array, parts: Array) -> Array:
    """Return the part of each example: that of its label rows, `NO_PART` where they are not all of one.

    Args:
        shape: The windows' form.
        ends: The rows at which the examples end.
        parts: The number of each row's part, `NO_PART` for none, `(num_rows,)`.
    """
    changes = np.concatenate([[0], np.cumsum(np.diff(parts) != 0)]) if len(parts) else np.zeros(0, dtype=np.int64)
    first, last = ends + shape.gap + 1, ends + shape.gap + shape.horizon
    return np.where(changes[first] == changes[last], parts[first], NO_PART)
