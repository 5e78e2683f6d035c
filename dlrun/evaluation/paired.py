"""Two models on the same rows: whether the difference of a score is larger than what other rows would make of it.

Rows are drawn again and again, the same for both models, which is the paired bootstrap (B. Efron, R. Tibshirani,
"An Introduction to the Bootstrap", 1993, ch. 8 and 13). It tells what other rows would have done, not other seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dlrun.evaluation.bootstrap import Draws
from dlrun.evaluation.scores import better_or_worse

Array = np.ndarray[Any, Any]
Score = Callable[[Array, Array], float]

RESAMPLES = 1000
LOW, HIGH = 2.5, 97.5  # percentiles
_TINY = 2.0**-23  # the epsilon of float32, in which networks compute; metrics.json takes the same


@dataclass(frozen=True)
class Difference:
    """A score before and after a change, on the same rows.

    Args:
        metric: Its name.
        before: The score of the first model.
        after: The score of the second.
        low: Where the 95 % interval of `after - before` begins; None where there are too few rows.
        high: Where it ends.
    """

    metric: str
    before: float
    after: float
    low: float | None
    high: float | None

    @property
    def outcome(self) -> Literal["better", "worse", "noise"]:
        """Whether the second model is better, worse, or no different as far as these rows tell."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "noise"
        return better_or_worse(self.metric, self.high)


def paired_difference(metric: str, y_true: Array, before: Array, after: Array, *, block: int = 1) -> Difference:
    """Return the difference of a score with its interval.

    Args:
        metric: "rmse", "mae", "accuracy", "macro_f1" or "log_loss".
        y_true: True values or class indices `(num_rows,)`.
        before: The first model's answers `(num_rows,)`; for `log_loss` the probabilities `(num_rows, num_classes)`.
        after: The second's.
        block: How many neighbouring rows are drawn together: more than 1 in a series.
    """
    score = _SCORES[metric]
    random, count = np.random.default_rng(0), len(y_true)
    found = []
    for _ in range(RESAMPLES if Draws(count, block=block).is_enough else 0):
        starts = random.integers(0, count, -(-count // block))
        rows = ((starts[:, None] + np.arange(block)).ravel()[:count]) % count
        found.append(score(y_true[rows], after[rows]) - score(y_true[rows], before[rows]))
    low, high = (float(v) for v in np.percentile(found, [LOW, HIGH])) if found else (None, None)
    return Difference(metric, score(y_true, before), score(y_true, after), low, high)


def _rmse(y_true: Array, y_pred: Array) -> float:
    return float(np.sqrt(np.mean((y_true - y_pred) ** 2)))


def _mae(y_true: Array, y_pred: Array) -> float:
    return float(np.mean(np.abs(y_true - y_pred)))


def _accuracy(y_true: Array, y_pred: Array) -> float:
    return float(np.mean(y_true == y_pred))


def _macro_f1(y_true: Array, y_pred: Array) -> float:
    """Return the mean F1 of the classes that are there or predicted, as scikit-learn does."""
    count = int(max(y_true.max(), y_pred.max())) + 1
    true, predicted = np.bincount(y_true, minlength=count), np.bincount(y_pred, minlength=count)
    hits = np.bincount(y_true[y_true == y_pred], minlength=count)
    there = true + predicted > 0
    return float(np.mean(2 * hits[there] / (true + predicted)[there]))


def _log_loss(y_true: Array, probabilities: Array) -> float:
    own = probabilities[np.arange(len(y_true)), y_true]
    return float(-np.mean(np.log(np.clip(own, _TINY, 1.0 - _TINY))))


_SCORES: dict[str, Score] = {
    "rmse": _rmse, "mae": _mae, "accuracy": _accuracy, "macro_f1": _macro_f1, "log_loss": _log_loss,
}  # fmt: skip
