"""Make a column more like a normal distribution by a power."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.errors import DataError, Problem
from dlrun.preprocessing.standard import Standard
from dlrun.preprocessing.state import read_floats
from dlrun.preprocessing.step import Array, Step, as_columns

METHODS = ("yeo-johnson", "box-cox")


class Power(Step):
    """Raise every column to the power that makes it most like a normal distribution, then standardize it.

    scikit-learn's `PowerTransformer`: the power is found by maximum likelihood (Yeo and Johnson, "A new family of
    power transformations", Biometrika 87, 2000; Box and Cox, "An analysis of transformations", JRSS B 26, 1964).

    Args:
        method: yeo-johnson, or box-cox for values that are all greater than 0.
        standardize: Whether to take away the mean and divide by the standard deviation afterwards.
    """

    takes_missing = True
    needs_values = True

    def __init__(self, method: str = "yeo-johnson", standardize: bool = True) -> None:
        if method not in METHODS:
            raise ValueError(f"method is one of {', '.join(METHODS)}; this is {method!r}")
        if not isinstance(standardize, bool):
            raise ValueError(f"standardize is true or false; this is {standardize!r}")
        self.method = method
        self.standard = Standard() if standardize else None

    def adapt(self, x: Array) -> None:
        """Learn each column's power."""
        columns = as_columns(x)
        self.lambdas = np.array([self._power(columns[:, i]) for i in range(columns.shape[1])])
        if self.standard is not None:
            self.standard.adapt(self._transform(columns))

    def _power(self, column: Array) -> float:
        from scipy import stats

        values = column[~np.isnan(column)]
        if self.method == "box-cox" and values.min() <= 0:
            raise DataError(Problem(f"power: box-cox needs values greater than 0; there is {values.min():g}"))
        if _constant(values):
            return 1.0  # the identity, but for a shift
        return float((stats.boxcox if self.method == "box-cox" else stats.yeojohnson)(values)[1])

    def _transform(self, x: Array) -> Array:
        from scipy import special, stats

        transform = special.boxcox if self.method == "box-cox" else stats.yeojohnson
        # Box-Cox answers negative values with NaN, which is then reported as a value that has no power.
        return np.stack([transform(x[:, i], power) for i, power in enumerate(self.lambdas)], axis=1)

    def apply(self, x: Array) -> Array:
        """Transform the rows."""
        y = self._transform(as_columns(x))
        return (y if self.standard is None else self.standard.apply(y)).reshape(x.shape)

    def invert(self, y: Array) -> Array:
        """Undo the transformation."""
        columns = as_columns(y)
        if self.standard is not None:
            columns = self.standard.invert(columns)
        inverse = _inverse_box_cox if self.method == "box-cox" else _inverse_yeo_johnson
        x = np.stack([inverse(columns[:, i], float(power)) for i, power in enumerate(self.lambdas)], axis=1)
        return x.reshape(y.shape)

    def get_state(self) -> dict[str, Any]:
        """Return the powers, and the means and standard deviations after them."""
        state: dict[str, Any] = {"lambdas": self.lambdas.tolist()}
        return state if self.standard is None else {**state, **self.standard.get_state()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take what `get_state` gave."""
        self.lambdas = read_floats(state, "lambdas")
        if self.standard is not None:
            read_floats(state, "mean", len(self.lambdas))
            self.standard.set_state(state)

    @property
    def num_columns(self) -> int | None:
        """Number of columns that were adapted to."""
        return len(self.lambdas)


def _constant(values: Array) -> bool:
    """Tell whether values differ by no more than rounding; scikit-learn's bound, as in `Standard`."""
    mean, variance = values.mean(), values.var()
    eps, n = np.finfo(np.float64).eps, len(values)
    return bool(variance <= n * eps * variance + (n * mean * eps) ** 2)


def _inverse_box_cox(y: Array, power: float) -> Array:
    from scipy import special

    return np.asarray(special.inv_boxcox(y, power))


def _inverse_yeo_johnson(y: Array, power: float) -> Array:
    """Return x of y = ((x + 1)^p - 1) / p for y >= 0, and of y = -((1 - x)^(2 - p) - 1) / (2 - p) below."""
    from scipy import special

    # inv_boxcox1p is that inverse, exact near p = 0 too; both branches are Box-Cox of 1 + |x|.
    above, below = special.inv_boxcox1p(y, power), -special.inv_boxcox1p(-y, 2.0 - power)
    return np.asarray(np.where(y >= 0, above, below))
