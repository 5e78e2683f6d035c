"""Is the difference between two models larger than noise? Paired over seeds, folds or rows, where that is possible."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dlrun.evaluation.bootstrap import interval
from dlrun.evaluation.statistics import quantile

Array = np.ndarray[Any, Any]
Method = Literal["paired", "unpaired", "rows"]
POWER = 0.8  # the chance of seeing a difference that is there, usual since Cohen (1988)
MOST_RUNS = 1000


@dataclass(frozen=True)
class Difference:
    """What is known about a difference between the scores of two models: the second minus the first.

    Attributes:
        method: "paired": run by run, of the same seeds or folds; "unpaired": of runs that do not belong together;
            "rows": of one run each, over test rows drawn again.
        count: The pairs, the runs of the smaller side, or the rows.
        mean: The difference.
        low: Where its 95 % interval begins.
        high: Where it ends.
        needed: The pairs, or the runs on each side, that would show a difference of this size four times out of five;
            None where rows were drawn, or there is no difference at all.
    """

    method: Method
    count: int
    mean: float
    low: float
    high: float
    needed: int | None = None

    @property
    def is_real(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def paired_difference(first: Sequence[float], second: Sequence[float], overlap: float = 0.0) -> Difference:
    """Return the difference of scores that belong together one by one, by Student's t on the differences.

    Args:
        first: Scores of the first model `(num_pairs,)`, two at least.
        second: Those of the second, of the same seeds or folds.
        overlap: With folds, the test rows of one divided by its training rows; see `spread`.
    """
    differences = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    count, mean, std = len(differences), float(differences.mean()), float(differences.std(ddof=1))
    half = quantile(count - 1) * std * math.sqrt(1 / count + overlap)
    needed = None if overlap else _runs_needed(mean, std)
    return Difference("paired", count, mean, mean - half, mean + half, needed)


def unpaired_difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Return the difference of the means of scores that do not belong together, by Welch's t.

    Args:
        first: Scores of the first model, two at least.
        second: Those of the second, two at least.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    mean = float(b.mean() - a.mean())
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    error = float(np.sqrt(parts.sum()))
    # Welch (1947): the degrees of freedom of two unequal variances.
    degrees = float(parts.sum() ** 2 / (parts**2 / [len(a) - 1, len(b) - 1]).sum()) if error else len(a) + len(b) - 2.0
    half = quantile(degrees) * error
    needed = _runs_needed(mean, math.sqrt(float(a.var(ddof=1) + b.var(ddof=1))))
    return Difference("unpaired", min(len(a), len(b)), mean, mean - half, mean + half, needed)


def row_difference(first: Array, second: Array, between: tuple[float, float], num_rows: int) -> Difference | None:
    """Return the difference of two runs' scores on the same rows, over rows drawn again; None where it is not defined.

    Args:
        first: The first run's score in each resample `(resamples,)`.
        second: The second's, in the same resamples.
        between: Both runs' scores on the rows themselves.
        num_rows: How many rows there are.
    """
    found = interval(second - first)
    return None if found is None else Difference("rows", num_rows, between[1] - between[0], *found)


def _runs_needed(mean: float, std: float) -> int | None:
    """Return how many runs show a difference `mean` with a chance of `POWER`, when single ones vary by `std`."""
    if mean == 0:
        return None
    if std == 0:
        return 2
    for count in range(2, MOST_RUNS + 1):
        reach = quantile(count - 1) + quantile(count - 1, POWER)
        if reach * std / math.sqrt(count) <= abs(mean):
            return count
    return MOST_RUNS + 1
