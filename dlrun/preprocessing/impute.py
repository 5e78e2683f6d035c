"""Fill missing values."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.preprocessing.state import damaged, is_number, read_list
from dlrun.preprocessing.step import Array, Step, as_columns, is_missing

STRATEGIES = ("mean", "median", "most_frequent", "constant")


class Impute(Step):
    """Fill missing values with what is usual in training rows; scikit-learn's `SimpleImputer`.

    Args:
        strategy: mean, median, most_frequent (of equally frequent values the smallest), or constant.
        constant: The value to fill in; giving it is enough: `{impute: {constant: 0}}`.
    """

    takes_text = True
    takes_missing = True
    fills_missing = True

    def __init__(self, strategy: str = "mean", constant: str | float | None = None) -> None:
        if strategy not in STRATEGIES:
            raise ValueError(f"strategy is one of {', '.join(STRATEGIES)}; this is {strategy!r}")
        if strategy == "constant" and constant is None:
            raise ValueError("strategy constant needs the value: {impute: {constant: 0}}")
        if constant is not None and not (isinstance(constant, str) or is_number(constant)):
            raise ValueError(f"constant is a number or a text; this is {constant!r}")
        if constant is not None and strategy not in ("constant", "mean"):
            raise ValueError(f"give either strategy or constant, not {strategy} and a constant")
        self.strategy = "constant" if constant is not None else strategy
        self.constant = constant
        self.needs_values = self.strategy != "constant"
        self.takes_text = self.strategy in ("most_frequent", "constant")

    def adapt(self, x: Array) -> None:
        """Learn what to fill in, for each column."""
        columns = as_columns(x)
        self.fill = [self._fill_value(columns[:, i]) for i in range(columns.shape[1])]

    def _fill_value(self, column: Array) -> Any:
        if self.strategy == "constant":
            return self._constant(column)
        present = column[~is_missing(column)]
        if self.strategy == "most_frequent":
            values, counts = np.unique(present, return_counts=True)
            return values[np.argmax(counts)] if column.dtype == object else float(values[np.argmax(counts)])
        return float(np.mean(present) if self.strategy == "mean" else np.median(present))

    def _constant(self, column: Array) -> Any:
        if column.dtype == object:
            return str(self.constant)
        if isinstance(self.constant, str):
            raise ValueError(f"constant is the text {self.constant!r}, but the column holds numbers")
        return float(self.constant or 0.0)

    def apply(self, x: Array) -> Array:
        """Fill the rows."""
        missing = is_missing(x)
        if not missing.any():
            return x
        fill = np.array(self.fill, dtype=x.dtype)
        return np.where(missing, fill, x)

    def get_state(self) -> dict[str, Any]:
        """Return the value to fill in, per column."""
        return {"fill": self.fill}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take the value to fill in, per column."""
        fill = read_list(state, "fill")
        if not (all(isinstance(value, str) for value in fill) or all(is_number(value) for value in fill)):
            damaged("'fill' is neither text nor numbers")
        self.fill = [value if isinstance(value, str) else float(value) for value in fill]

    @property
    def num_columns(self) -> int | None:
        """Number of columns that were adapted to."""
        return len(self.fill)
