"""Numbers to bins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from dlrun.preprocessing.state import damaged, floats_of, is_number, read_list
from dlrun.preprocessing.step import Array, Step, as_columns

MOST_BINS = 1_000_000  # more would take gigabytes, and no table has use for them


class Bucketize(Step):
    """Number the bins that values fall into, from 0; a bin holds its lower boundary.

    With `num_bins`, the bins hold about as many training rows each: the boundaries of scikit-learn's
    `KBinsDiscretizer(strategy="quantile", quantile_method="averaged_inverted_cdf")`, learned on all training rows.
    Bins narrower than 1e-8 are merged, as there. A later `one_hot` makes features of the bins.

    Args:
        num_bins: Number of bins.
        boundaries: The boundaries between the bins, ascending, in place of `num_bins`.
    """

    def __init__(self, num_bins: int | None = None, boundaries: Sequence[float] | None = None) -> None:
        if (num_bins is None) == (boundaries is None):
            raise ValueError("give either num_bins or boundaries")
        if num_bins is not None and (isinstance(num_bins, bool) or not isinstance(num_bins, int) or num_bins < 2):
            raise ValueError(f"num_bins is a whole number from 2; this is {num_bins!r}")
        if num_bins is not None and num_bins > MOST_BINS:
            raise ValueError(f"num_bins is at most {MOST_BINS:,}; this is {num_bins!r}")
        if boundaries is not None and not _ascending(boundaries):
            raise ValueError(f"boundaries are numbers in ascending order; these are {boundaries!r}")
        self.num_bins = num_bins
        self.given = None if boundaries is None else np.array(boundaries, dtype=np.float64)
        self.needs_values = boundaries is None

    def adapt(self, x: Array) -> None:
        """Learn each column's boundaries."""
        columns = as_columns(x)
        self.boundaries = [self._boundaries(columns[:, i]) for i in range(columns.shape[1])]

    def _boundaries(self, column: Array) -> Array:
        if self.given is not None:
            return self.given
        assert self.num_bins is not None
        levels = np.linspace(0, 100, self.num_bins + 1)
        edges = np.percentile(column, levels, method="averaged_inverted_cdf")
        edges = edges[np.ediff1d(edges, to_begin=np.inf) > 1e-8]
        return np.asarray(edges[1:-1])

    def apply(self, x: Array) -> Array:
        """Return each cell's bin."""
        columns = as_columns(x)
        bins = np.empty(columns.shape)
        for i, boundaries in enumerate(self.boundaries):
            bins[:, i] = np.searchsorted(boundaries, columns[:, i], side="right")
        return bins.reshape(x.shape)

    def get_state(self) -> dict[str, Any]:
        """Return the boundaries, per column."""
        return {"boundaries": [values.tolist() for values in self.boundaries]}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take the boundaries, per column."""
        self.boundaries = [floats_of(values, "boundaries") for values in read_list(state, "boundaries")]
        if not all(_ascending(values.tolist(), empty=True) for values in self.boundaries):
            damaged("'boundaries' are not in ascending order")

    @property
    def num_columns(self) -> int | None:
        """Number of columns that were adapted to."""
        return len(self.boundaries)


def _ascending(values: object, *, empty: bool = False) -> bool:
    if not isinstance(values, list | tuple) or not (values or empty) or not all(map(is_number, values)):
        return False
    return all(a < b for a, b in pairwise(values))
