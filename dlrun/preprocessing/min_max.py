"""Scale every column to a range."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlrun.preprocessing.state import is_number
from dlrun.preprocessing.step import TINY, Array, ColumnStatistics, one_where_constant


class MinMax(ColumnStatistics):
    """Put the smallest training value at one end of a range and the largest at the other.

    Rows outside of the training range land outside of the range; a constant column becomes the lower end, 0. The
    numbers are those of scikit-learn's `MinMaxScaler`.

    Args:
        feature_range: The range, `[low, high]`.
    """

    takes_missing = True
    needs_values = True
    statistics = ("scale", "offset")

    def __init__(self, feature_range: Sequence[float] = (0.0, 1.0)) -> None:
        if not isinstance(feature_range, list | tuple) or len(feature_range) != 2:
            raise ValueError(f"feature_range is two numbers, [low, high]; this is {feature_range!r}")
        low, high = feature_range
        if not (is_number(low) and is_number(high) and low < high):
            raise ValueError(f"feature_range is two numbers, the smaller first; this is {list(feature_range)}")
        self.low, self.high = float(low), float(high)

    def adapt(self, x: Array) -> None:
        """Learn each column's smallest and largest value."""
        low, high = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
        spread = high - low
        self.scale = (self.high - self.low) / one_where_constant(spread, spread < TINY)
        self.offset = self.low - low * self.scale

    def apply(self, x: Array) -> Array:
        """Scale the rows."""
        return np.asarray(x * self.scale + self.offset)

    def invert(self, y: Array) -> Array:
        """Undo the scaling."""
        return np.asarray((y - self.offset) / self.scale)
