"""Several values of one score: their mean, how much they differ, and how sure the mean is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """What several runs say about a score.

    Attributes:
        count: The values that there were.
        mean: Their mean.
        std: Their standard deviation (ddof 1); None for a single value.
        low: Where the 95 % interval of the mean begins; None for a single value.
        high: Where it ends.
    """

    count: int
    mean: float
    std: float | None
    low: float | None
    high: float | None


def spread(values: Iterable[float | None], overlap: float = 0.0) -> Spread | None:
    """Return mean, standard deviation and 95 % interval by Student's t; None where there is no value.

    The interval holds for values that are independent and roughly normal: it is where the mean of very many such runs
    may be expected, not where a single one may. The folds of a cross-validation are not independent, since they train
    on many rows in common; `overlap` widens the interval as Nadeau and Bengio (Inference for the Generalization Error,
    Machine Learning 52, 2003) propose: the mean's variance is `std**2 * (1 / count + overlap)`.

    Args:
        values: One for each run; None where a run has none.
        overlap: With folds, the test rows of one divided by its training rows.
    """
    known = np.array([value for value in values if value is not None], np.float64)
    if not len(known):
        return None
    mean = float(known.mean())
    if len(known) == 1:
        return Spread(1, mean, None, None, None)
    std = float(known.std(ddof=1))
    half = quantile(len(known) - 1) * std * (1 / len(known) + overlap) ** 0.5
    return Spread(len(known), mean, std, mean - half, mean + half)


def spreads(scores: Sequence[dict[str, float | None]], overlap: float = 0.0) -> dict[str, Spread]:
    """Return the spread of every metric, in the order in which they come up; `overlap` is as for `spread`."""
    metrics = dict.fromkeys(metric for one in scores for metric in one)
    found = {metric: spread((one.get(metric) for one in scores), overlap) for metric in metrics}
    return {metric: value for metric, value in found.items() if value is not None}


def quantile(degrees: float, probability: float = (1 + CONFIDENCE) / 2) -> float:
    """Return the quantile of Student's distribution, by default the one that leaves 2.5 % above it."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))
