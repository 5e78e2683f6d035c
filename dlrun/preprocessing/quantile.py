"""A column's rank among the training rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.preprocessing.state import damaged, floats_of, read_list
from dlrun.preprocessing.step import Array, Step, as_columns

DISTRIBUTIONS = ("uniform", "normal")
_BOUND = 1e-7  # scikit-learn's: a normal score further out than this probability is cut off


class Quantile(Step):
    """Map every column to its quantiles in the training rows: 0 to 1, or normal scores.

    scikit-learn's `QuantileTransformer` with `subsample=None`: all training rows count. Here alone a value outside of
    the training range lands on its end, since there is no rank beyond.

    Args:
        output_distribution: uniform (0 to 1) or normal.
        n_quantiles: Number of quantiles that are kept, at most the number of training rows.
    """

    takes_missing = True
    needs_values = True

    def __init__(self, output_distribution: str = "uniform", n_quantiles: int = 1000) -> None:
        if output_distribution not in DISTRIBUTIONS:
            raise ValueError(f"output_distribution is uniform or normal; this is {output_distribution!r}")
        if isinstance(n_quantiles, bool) or not isinstance(n_quantiles, int) or n_quantiles < 2:
            raise ValueError(f"n_quantiles is a whole number from 2; this is {n_quantiles!r}")
        self.normal = output_distribution == "normal"
        self.n_quantiles = n_quantiles

    def adapt(self, x: Array) -> None:
        """Learn each column's quantiles."""
        columns = as_columns(x)
        levels = np.linspace(0, 1, max(1, min(self.n_quantiles, len(columns)))) * 100
        self._learn(np.atleast_2d(np.nanpercentile(columns, levels, axis=0).T))

    def _learn(self, quantiles: Array) -> None:
        self.quantiles = quantiles  # (num_columns, n_quantiles), each row ascending
        self.references = np.linspace(0, 1, quantiles.shape[1])

    def apply(self, x: Array) -> Array:
        """Return each cell's quantile, or its normal score."""
        columns = as_columns(x)
        ranks = np.stack([self._rank(columns[:, i], q) for i, q in enumerate(self.quantiles)], axis=1)
        return ranks.reshape(x.shape)

    def _rank(self, column: Array, quantiles: Array) -> Array:
        # Equal quantiles (a value that is frequent) are one step of the curve; the mean of looking it up from the
        # left and from the right gives that value the middle of the step.
        from_left = np.interp(column, quantiles, self.references)
        from_right = np.interp(-column, -quantiles[::-1], -self.references[::-1])
        rank = 0.5 * (from_left - from_right)
        slack = _BOUND if self.normal else 0.0
        rank = np.where(column + slack > quantiles[-1] if self.normal else column == quantiles[-1], 1.0, rank)
        rank = np.where(column - slack < quantiles[0] if self.normal else column == quantiles[0], 0.0, rank)
        rank = np.where(np.isnan(column), np.nan, rank)
        return _normal_score(rank) if self.normal else rank

    def invert(self, y: Array) -> Array:
        """Return the value at each quantile."""
        from scipy import special

        columns = as_columns(y)
        ranks = special.ndtr(columns) if self.normal else columns
        # Scores cut off at the ends belong to the ends.
        ranks = np.where(ranks < _BOUND, 0.0, np.where(ranks > 1 - _BOUND, 1.0, ranks)) if self.normal else ranks
        values = [np.interp(ranks[:, i], self.references, q) for i, q in enumerate(self.quantiles)]
        return np.stack(values, axis=1).reshape(y.shape)

    def get_state(self) -> dict[str, Any]:
        """Return the quantiles, per column."""
        return {"quantiles": self.quantiles.tolist()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take the quantiles, per column; each column's must ascend, and all have as many."""
        rows = [floats_of(row, "quantiles") for row in read_list(state, "quantiles")]
        if not rows or any(len(row) != len(rows[0]) or not len(row) or (np.diff(row) < 0).any() for row in rows):
            damaged("'quantiles' are not ascending rows of one length")
        self._learn(np.stack(rows))

    @property
    def num_columns(self) -> int | None:
        """Number of columns that were adapted to."""
        return len(self.quantiles)


def _normal_score(rank: Array) -> Array:
    from scipy import special

    end = _BOUND - np.spacing(1)
    return np.asarray(np.clip(special.ndtri(rank), special.ndtri(end), special.ndtri(1 - end)))
