"""A feature that says where a value was missing."""

from __future__ import annotations

import numpy as np

from dlrun.preprocessing.step import Array, Step, is_missing


class MissingIndicator(Step):
    """Add `<column>_missing`, 1 where the value is missing, else 0, beside the column.

    The column itself goes on to the next step, so an `impute` follows: `[missing_indicator, {impute: median},
    standard]`. The new feature stays 0 or 1: the steps that follow do not touch it.
    """

    takes_text = True
    takes_missing = True
    beside = True

    def apply(self, x: Array) -> Array:
        """Return 1.0 where a value is missing."""
        return is_missing(x).astype(np.float64)

    def feature_names(self, names: list[str]) -> list[str]:
        """Return `<column>_missing` for each column."""
        return [f"{name}_missing" for name in names]
