"""From which probability on a row should count as positive: scores at every threshold, and the best by a metric.

A threshold is chosen on validation rows: chosen on the test rows, it would make their score too good.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.evaluation.bootstrap import Draws, interval
from dlrun.evaluation.scores import is_higher_better

Array = np.ndarray[Any, Any]

COST = "cost"
THRESHOLD_METRICS = (
    "accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "macro_f1", "jaccard",
    "matthews_corrcoef",
)  # fmt: skip
_OTHER_NAMES = {"f1_macro": "macro_f1", "mcc": "matthews_corrcoef", "sensitivity": "recall", "costs": COST}


@dataclass(frozen=True)
class Costs:
    """What a wrong answer costs; a right one costs nothing.

    Args:
        false_positive: A negative row that is called positive.
        false_negative: A positive row that is missed.
    """

    false_positive: float
    false_negative: float


@dataclass(frozen=True)
class ThresholdCurve:
    """Scores by threshold.

    Args:
        thresholds: Every probability that occurs, rising, `(num_thresholds,)`; a row is positive from there on. The
            last is 1, from which on no row is, unless one has it.
        scores: Metric to its value at each threshold, likewise; 0 for a ratio of nothing to nothing, as in
            scikit-learn.
    """

    thresholds: Array
    scores: dict[str, Array]

    def best(self, metric: str) -> tuple[float, float]:
        """Return the threshold at which a metric is best, and its value there; of several the nearest to 0.5.

        The best is the highest value, of `cost` the lowest.

        Raises:
            ConfigError: If there is no such metric.
        """
        place = self._best_place(metric)
        return float(self.thresholds[place]), float(self.scores[threshold_metric(metric)][place])

    def best_rounded(self, metric: str) -> float:
        """Return a threshold with few digits that does the same to these rows as the best one.

        It lies between two probabilities that occur, so what is read off a screen can be written into a config.
        """
        place = self._best_place(metric)
        above = float(self.thresholds[place])
        below = float(self.thresholds[place - 1]) if place else 0.0
        return round_between(below, above)

    def at(self, threshold: float, metric: str) -> float:
        """Return a metric's value at any threshold from 0 to 1."""
        return float(self.scores[metric][np.searchsorted(self.thresholds, threshold)])

    def _best_place(self, metric: str) -> int:
        name = threshold_metric(metric)
        if name not in self.scores:
            raise ConfigError(
                Problem("what is the cheapest threshold depends on what mistakes cost", "Say it with --cost 1:5.")
            )
        values = self.scores[name] * (1 if is_higher_better(name) else -1)
        highest = np.flatnonzero(values >= values.max() - 1e-12)
        return int(highest[np.abs(self.thresholds[highest] - 0.5).argmin()])


def threshold_metric(name: str) -> str:
    """Return a metric's name as dlrun writes it; scikit-learn's `f1_macro` is `macro_f1` in metrics.json.

    Raises:
        ConfigError: If no threshold is chosen by it.
    """
    known = _OTHER_NAMES.get(name, name)
    if known not in (*THRESHOLD_METRICS, COST):
        names = (*THRESHOLD_METRICS, COST)
        fix = did_you_mean(name, names) or f"There are: {', '.join(names)}."
        raise ConfigError(Problem(f"no threshold is chosen by '{name}'", fix))
    return known


def threshold_curve(positive: Array, probability: Array, costs: Costs | None = None) -> ThresholdCurve:
    """Return the scores at every threshold.

    Args:
        positive: Whether each row is positive, `(num_rows,)`, at least one row.
        probability: Of being positive, likewise.
        costs: What mistakes cost; there is no `cost` without.
    """
    order = np.argsort(probability, kind="stable")
    positive, probability = np.asarray(positive, bool)[order], np.asarray(probability, np.float64)[order]
    first = np.flatnonzero(np.concatenate([[True], np.diff(probability) > 0]))
    num_positive = int(positive.sum())
    thresholds = probability[first]
    if thresholds[-1] < 1.0:  # to call no row positive may be best, too: where a false alarm is dear
        thresholds, first = np.append(thresholds, 1.0), np.append(first, len(positive))
    missed = np.concatenate([[0], np.cumsum(positive)])[first].astype(np.float64)
    true_negative = first - missed
    counts = (num_positive - missed, len(positive) - num_positive - true_negative, missed, true_negative)
    return ThresholdCurve(thresholds, scores_of_counts(*counts, costs))


def scores_of_counts(tp: Array, fp: Array, fn: Array, tn: Array, costs: Costs | None = None) -> dict[str, Array]:
    """Return the scores of a binary target by its four counts; a ratio of nothing to nothing is 0.

    The formulas are those of scikit-learn's functions of the same names; specificity is the recall of the negative
    class, and `cost` the mean cost of a row.

    Args:
        tp: Positive rows that were found, any shape.
        fp: Negative rows that were called positive.
        fn: Positive rows that were missed.
        tn: Negative rows that were left alone.
        costs: What mistakes cost; there is no `cost` without.
    """
    num_rows = tp + fp + fn + tn
    recall, specificity = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
    # scikit-learn leaves a class that does not occur out of balanced accuracy
    classes = (tp + fn > 0).astype(np.float64) + (tn + fp > 0)
    f1, other_f1 = _ratio(2 * tp, 2 * tp + fp + fn), _ratio(2 * tn, 2 * tn + fp + fn)
    occurring = (tp + fp + fn > 0).astype(np.float64) + (tn + fp + fn > 0)
    scores = {
        "accuracy": _ratio(tp + tn, num_rows),
        "balanced_accuracy": _ratio(recall + specificity, classes),
        "precision": _ratio(tp, tp + fp),
        "recall": recall,
        "specificity": specificity,
        "f1": f1,
        "macro_f1": _ratio(f1 + other_f1, occurring),
        "jaccard": _ratio(tp, tp + fp + fn),
        # B. W. Matthews, Biochimica et Biophysica Acta 405 (1975)
        "matthews_corrcoef": _ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))),
    }
    if costs is not None:
        scores[COST] = _ratio(costs.false_positive * fp + costs.false_negative * fn, num_rows)
    return scores


@dataclass(frozen=True)
class Change:
    """A score at one threshold and at another, on the same rows.

    Args:
        before: At the first.
        after: At the second.
        low: Where the 95 % interval of `after - before` begins; None where there are too few rows.
        high: Where it ends.
    """

    before: float
    after: float
    low: float | None
    high: float | None

    @property
    def is_noise(self) -> bool:
        """Whether other rows might have turned the difference round."""
        return self.low is None or self.high is None or self.low <= 0 <= self.high


def threshold_changes(
    positive: Array, probability: Array, thresholds: tuple[float, float], draws: Draws, costs: Costs | None = None
) -> dict[str, Change]:
    """Return what another threshold does to each score, with the paired bootstrap interval of the difference.

    Args:
        positive: Whether each row is positive, `(num_rows,)`.
        probability: Of being positive, likewise.
        thresholds: The one before and the one after.
        draws: Which rows are drawn again.
        costs: What mistakes cost.
    """
    cells = [_cells(np.asarray(positive, bool), probability >= threshold) for threshold in thresholds]
    before, after = (_scores_of_cells(one.sum(axis=0)[np.newaxis], costs) for one in cells)
    drawn: list[dict[str, Array]] = []
    if draws.is_enough:
        for weights in draws.weights():
            pair = [_scores_of_cells(weights @ one, costs) for one in cells]
            drawn.append({metric: pair[1][metric] - pair[0][metric] for metric in pair[0]})
    found = {}
    for metric in before:
        between = interval(np.concatenate([one[metric] for one in drawn])) if drawn else None
        found[metric] = Change(float(before[metric][0]), float(after[metric][0]), *(between or (None, None)))
    return found


def _scores_of_cells(counts: Array, costs: Costs | None) -> dict[str, Array]:
    tp, fp, fn, tn = counts.T
    return scores_of_counts(tp, fp, fn, tn, costs)


def _cells(positive: Array, called: Array) -> Array:
    """Return for each row which of the four it is `(num_rows, 4)`."""
    return np.stack([positive & called, ~positive & called, positive & ~called, ~positive & ~called], axis=1).astype(
        np.float64
    )


def round_between(below: float, above: float) -> float:
    """Return the number with the fewest digits that is larger than `below` and not larger than `above`.

    It is the one next to their middle; `above` itself where there is none with 15 digits.
    """
    middle = (below + above) / 2
    for digits in range(1, 16):
        step = 10.0**-digits
        near = (math.floor(middle / step) * step, math.ceil(middle / step) * step)
        fitting = [round(value, digits) for value in near if below < round(value, digits) <= above]
        if fitting:
            return min(fitting, key=lambda value: abs(value - middle))
    return above


def _ratio(part: Array, whole: Array) -> Array:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.asarray(np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0))
