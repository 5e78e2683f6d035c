"""How far a score may be from the one on very many rows: the bootstrap, over rows drawn again and again.

Percentile intervals of Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. Forecasts that
follow one another are not independent; of them whole blocks are drawn (Künsch, The Jackknife and the Bootstrap for
General Stationary Observations, Annals of Statistics 17, 1989), n**(1/3) long.

They tell what other rows would have done to a score, not what another seed would have.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.evaluation.counts import class_ratios, occurs

Array = np.ndarray[Any, Any]
Samples = dict[str, Array]

CONFIDENCE = 0.95
MOST_RESAMPLES, FEWEST_RESAMPLES = 1000, 100
_DRAWS = 20_000_000  # rows drawn in all, as far as the fewest resamples allow: about a third of a second
_AT_ONCE = 250_000  # more would take more memory, and no less time
_MOST_CLASSES = 30  # a confusion matrix of each resample takes their square
FEWEST_ROWS = 10  # with fewer, what was drawn says little of what might have been


@dataclass(frozen=True)
class Draws:
    """Which rows are drawn; the same draws for two models make their scores comparable, resample by resample.

    Args:
        num_rows: How many rows there are.
        cost: How many times a row is looked at in a resample: once for each class.
        block: How many rows that follow one another are drawn together.
        repeated: Rows that are drawn as one: the steps of a horizon.
        seed: Of the draws.
        only: Places of the rows that are looked at, `(num_looked_at,)`; the others are drawn with them, so that the
            neighbours of a series stay neighbours. Default: all.
    """

    num_rows: int
    cost: int = 1
    block: int = 1
    repeated: int = 1
    seed: int = 0
    only: Array | None = None

    @property
    def resamples(self) -> int:
        """How many resamples there are: fewer, the more rows."""
        most = _DRAWS // max(self.num_rows * self.cost, 1)
        return min(max(most, FEWEST_RESAMPLES), MOST_RESAMPLES)

    @property
    def is_enough(self) -> bool:
        """Whether they tell anything: of 10 rows or examples, and in two whole blocks; one holds the same each time."""
        units = self.num_rows // self.repeated
        looked_at = units if self.only is None else len(np.unique(self.only // self.repeated))
        return looked_at >= FEWEST_ROWS and units >= 2 * self.block

    def weights(self) -> Iterator[Array]:
        """Give how often each row was drawn `(some_resamples, num_rows)`, until there are `resamples` in all.

        With `only` they are those rows' `(some_resamples, num_looked_at)`, and their sum differs between resamples.
        """
        random = np.random.default_rng(self.seed)
        units = self.num_rows // self.repeated
        left = self.resamples
        while left:
            some = min(left, max(1, _AT_ONCE // max(self.num_rows, 1)))
            starts = random.integers(0, units, (some, math.ceil(units / self.block)))
            drawn = (starts[..., np.newaxis] + np.arange(self.block)).reshape(some, -1)[:, :units] % units
            places = drawn + units * np.arange(some)[:, np.newaxis]
            counts = np.bincount(places.ravel(), minlength=some * units).reshape(some, units)
            weights = np.repeat(counts, self.repeated, axis=1) if self.repeated > 1 else counts
            yield weights if self.only is None else weights[:, self.only]
            left -= some


def block_length(num_examples: int, horizon: int = 1) -> int:
    """Return how many examples in order of time are drawn together: n**(1/3), and no fewer than look at one label."""
    return max(horizon, math.ceil(math.cbrt(num_examples)))


def regression_samples(y_true: Array, y_pred: Array, draws: Draws) -> Samples:
    """Return rmse, mae, mape and r2 of each resample `(resamples,)`; NaN where one is not defined.

    Args:
        y_true: `(num_rows,)`, in original units.
        y_pred: `(num_rows,)`.
        draws: Which rows are drawn.
    """
    y_true, y_pred = np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64)
    error = y_pred - y_true
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.abs(error) / np.abs(y_true)
    about = y_true - y_true.mean()  # small numbers: squares of large ones would lose digits
    columns = np.stack([error**2, np.abs(error), np.where(np.isfinite(shares), shares, 0.0), about, about**2], axis=1)
    sums = np.concatenate([_mean(weights, columns) for weights in draws.weights()])
    squared, absolute, share, mean, square = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(square - mean**2 > 0, 1.0 - squared / (square - mean**2), np.nan)
    mape = share if (y_true != 0).all() else np.full_like(share, np.nan)
    return {"rmse": np.sqrt(squared), "mae": absolute, "mape": mape, "r2": r2}


def _mean(weights: Array, values: Array) -> Array:
    """Return the mean of values `(num_rows, ...)` in each resample `(resamples, ...)`; NaN where none was drawn."""
    drawn = weights.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray((weights @ values).T / drawn).T


def class_samples(y_true: Array, y_pred: Array, values: Array, draws: Draws, *, probabilities: bool = True) -> Samples:
    """Return accuracy, precision, recall and the other scores of classes, of each resample `(resamples,)`.

    Args:
        y_true: Class indices `(num_rows,)`.
        y_pred: Predicted class indices `(num_rows,)`.
        values: Of a binary target the positive class's probabilities or scores `(num_rows,)`; precision, recall and F1
            are then that class's. Else those of every class `(num_rows, num_classes)`.
        draws: Which rows are drawn.
        probabilities: False where `values` are scores.
    """
    binary = values.ndim == 1
    num_classes = 2 if binary else values.shape[1]
    y_true, y_pred = np.asarray(y_true, np.int64), np.asarray(y_pred, np.int64)
    cells = np.zeros((len(y_true), num_classes**2)) if num_classes <= _MOST_CLASSES else None
    found: list[Samples] = []
    if cells is not None:
        cells[np.arange(len(y_true)), y_true * num_classes + y_pred] = 1.0
    rankings = _rankings(y_true, values)
    losses = _log_losses(y_true, values) if probabilities else None
    for weights in draws.weights():
        one: Samples = {"accuracy": _mean(weights, y_true == y_pred)}
        if cells is not None:
            one |= _ratios((weights @ cells).reshape(-1, num_classes, num_classes), binary)
        if rankings:
            areas = np.array([ranking.areas(weights) for ranking in rankings]).mean(axis=0)
            one |= {"roc_auc": areas[0], "pr_auc": areas[1]}
        if losses is not None:
            one["log_loss"] = _mean(weights, losses)
        found.append(one)
    return {metric: np.concatenate([one[metric] for one in found]) for metric in found[0]}


def _ratios(matrices: Array, binary: bool) -> Samples:
    """Return what confusion matrices `(resamples, num_classes, num_classes)` say; see `binary_scores`."""
    of_classes = class_ratios(matrices)
    there, f1 = occurs(matrices), of_classes[2]
    with np.errstate(invalid="ignore"):  # where no row was drawn
        macro = [np.sum(ratio, axis=1, where=there) / there.sum(axis=1) for ratio in of_classes]
        weighted = np.sum(f1 * matrices.sum(axis=2), axis=1) / matrices.sum(axis=(1, 2))
    told = [ratio[:, 1] for ratio in of_classes] if binary else macro
    names = ("precision", "recall", "f1", "macro_f1", "weighted_f1")
    return dict(zip(names, (*told, macro[2], weighted), strict=True))


def _log_losses(y_true: Array, values: Array) -> Array:
    chosen = np.where(y_true == 1, values, 1.0 - values) if values.ndim == 1 else values[np.arange(len(y_true)), y_true]
    epsilon = np.finfo(chosen.dtype).eps
    return np.asarray(-np.log(np.clip(chosen, epsilon, 1.0 - epsilon), dtype=np.float64))


def _rankings(y_true: Array, values: Array) -> list[_Ranking]:
    if values.ndim == 1:
        return [_Ranking(y_true == 1, values)] if 0 < y_true.sum() < len(y_true) else []
    if len(np.unique(y_true)) < values.shape[1] or values.shape[1] < 2:
        return []
    return [_Ranking(y_true == index, values[:, index]) for index in range(values.shape[1])]


class _Ranking:
    """Rows in order of a score, for areas under curves of many resamples at once.

    Args:
        positive: Whether each row is positive `(num_rows,)`.
        score: `(num_rows,)`.
    """

    def __init__(self, positive: Array, score: Array) -> None:
        self._order = np.argsort(-score, kind="stable")
        self._positive = positive[self._order]
        ordered = score[self._order]
        self._starts = np.concatenate([[0], np.flatnonzero(np.diff(ordered)) + 1])  # rows of one score count together

    def areas(self, weights: Array) -> Array:
        """Return the areas under the ROC and the precision-recall curve `(2, resamples)`; NaN without both classes."""
        drawn = weights[:, self._order]
        found = np.add.reduceat(drawn * self._positive, self._starts, axis=1, dtype=np.float64)
        false = np.add.reduceat(drawn * ~self._positive, self._starts, axis=1, dtype=np.float64)
        above, below = np.cumsum(found, axis=1), np.cumsum(false, axis=1)
        positives, negatives = above[:, -1], below[:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            roc = np.sum(false * (above - found / 2), axis=1) / (positives * negatives)
            precision = np.where(above + below > 0, above / (above + below), 0.0)
            average = np.sum(found * precision, axis=1) / positives
        return np.stack([np.where(np.isfinite(roc), roc, np.nan), np.where(np.isfinite(average), average, np.nan)])


def interval(samples: Array, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Return the percentile interval of a score's resamples; None where it was not defined in most of them."""
    known = samples[np.isfinite(samples)]
    if len(known) < len(samples) / 2:
        return None
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def intervals(samples: Mapping[str, Array]) -> dict[str, tuple[float, float]]:
    """Return the interval of every metric that has one."""
    found = {metric: interval(values) for metric, values in samples.items()}
    return {metric: pair for metric, pair in found.items() if pair is not None}
