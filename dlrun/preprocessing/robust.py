"""Take away the median and divide by the spread of the middle half."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlrun.preprocessing.state import is_number
from dlrun.preprocessing.step import TINY, Array, ColumnStatistics, one_where_constant


class Robust(ColumnStatistics):
    """Scale by median and quantiles, which outliers do not move; scikit-learn's `RobustScaler`.

    Args:
        quantile_range: The two percentiles between which the spread is taken.
    """

    takes_missing = True
    needs_values = True
    statistics = ("center", "scale")

    def __init__(self, quantile_range: Sequence[float] = (25.0, 75.0)) -> None:
        if not isinstance(quantile_range, list | tuple) or len(quantile_range) != 2:
            raise ValueError(f"quantile_range is two percentiles; this is {quantile_range!r}")
        low, high = quantile_range
        if not (is_number(low) and is_number(high) and 0 <= low < high <= 100):
            raise ValueError(f"quantile_range is two percentiles, the smaller first; this is {list(quantile_range)}")
        self.quantile_range = (float(low), float(high))

    def adapt(self, x: Array) -> None:
        """Learn each column's median and the spread between its percentiles."""
        missing = bool(np.isnan(x).any())
        self.center = np.asarray(np.nanmedian(x, axis=0) if missing else np.median(x, axis=0))
        percentile = np.nanpercentile if missing else np.percentile
        low, high = percentile(x, self.quantile_range, axis=0)
        spread = np.asarray(high - low)
        self.scale = one_where_constant(spread, spread < TINY)

    def apply(self, x: Array) -> Array:
        """Scale the rows."""
        return np.asarray((x - self.center) / self.scale)

    def invert(self, y: Array) -> Array:
        """Undo the scaling."""
        return np.asarray(y * self.scale + self.center)
