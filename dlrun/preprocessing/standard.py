"""Take away the mean and divide by the standard deviation."""

from __future__ import annotations

import numpy as np

from dlrun.preprocessing.step import Array, ColumnStatistics, one_where_constant


class Standard(ColumnStatistics):
    """Give every column mean 0 and standard deviation 1 (of the population: ddof 0); a constant one becomes 0.

    The numbers are those of scikit-learn's `StandardScaler`: variance by the corrected two-pass algorithm, and a
    column counts as constant within that algorithm's error bound (Chan, Golub and LeVeque, "Algorithms for
    computing the sample variance: analysis and recommendations", The American Statistician 37, 1983).
    """

    takes_missing = True
    needs_values = True
    statistics = ("mean", "scale")

    def adapt(self, x: Array) -> None:
        """Learn each column's mean and standard deviation."""
        missing = np.isnan(x)
        total = np.nansum if missing.any() else np.sum
        count = len(x) - missing.sum(axis=0)
        self.mean = total(x, axis=0) / count
        residuals = x - self.mean
        correction = total(residuals, axis=0) ** 2 / count
        variance = (total(residuals**2, axis=0) - correction) / count
        eps = np.finfo(np.float64).eps
        bound = len(x) * eps * variance + (len(x) * self.mean * eps) ** 2
        constant = (variance <= bound) & np.isfinite(variance)  # an overflow is no constant but an error
        self.scale = one_where_constant(np.sqrt(np.maximum(variance, 0.0)), constant)

    def apply(self, x: Array) -> Array:
        """Scale the rows."""
        return np.asarray((x - self.mean) / self.scale)

    def invert(self, y: Array) -> Array:
        """Undo the scaling."""
        return np.asarray(y * self.scale + self.mean)
