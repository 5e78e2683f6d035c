"""From which probability on a row should count as positive: scores at every threshold, and the best by a metric.

A threshold is chosen on validation rows: chosen on the test rows, it would make their score too good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.errors import ConfigError, Problem, did_you_mean

Array = np.ndarray[Any, Any]

THRESHOLD_METRICS = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "macro_f1")


@dataclass(frozen=True)
class ThresholdCurve:
    """Scores by threshold.

    Args:
        thresholds: Every probability that occurs, rising, `(num_thresholds,)`; a row is positive from there on.
        scores: Metric to its value at each threshold, likewise; 0 for a ratio of nothing to nothing, as in
            scikit-learn.
    """

    thresholds: Array
    scores: dict[str, Array]

    def best(self, metric: str) -> tuple[float, float]:
        """Return the threshold at which a metric is highest, and its value there; of several the nearest to 0.5.

        Raises:
            ConfigError: If there is no such metric.
        """
        if metric not in self.scores:
            fix = did_you_mean(metric, THRESHOLD_METRICS) or f"There are: {', '.join(THRESHOLD_METRICS)}."
            raise ConfigError(Problem(f"no threshold is chosen by '{metric}'", fix))
        values = self.scores[metric]
        highest = np.flatnonzero(values >= values.max() - 1e-12)
        place = highest[np.abs(self.thresholds[highest] - 0.5).argmin()]
        return float(self.thresholds[place]), float(values[place])


def threshold_curve(positive: Array, probability: Array) -> ThresholdCurve:
    """Return the scores at every threshold.

    Args:
        positive: Whether each row is positive, `(num_rows,)`, at least one row.
        probability: Of being positive, likewise.
    """
    order = np.argsort(probability, kind="stable")
    positive, probability = np.asarray(positive, bool)[order], np.asarray(probability, np.float64)[order]
    first = np.flatnonzero(np.concatenate([[True], np.diff(probability) > 0]))
    num_rows, num_positive = len(positive), int(positive.sum())
    below = np.concatenate([[0], np.cumsum(positive)])[first].astype(np.float64)  # positive rows that are missed
    true_positive = num_positive - below
    true_negative = first - below
    false_positive = num_rows - num_positive - true_negative
    precision = _ratio(true_positive, true_positive + false_positive)
    recall = _ratio(true_positive, np.full(len(first), num_positive))
    specificity = _ratio(true_negative, true_negative + false_positive)
    f1 = _ratio(2 * true_positive, 2 * true_positive + false_positive + below)
    other_f1 = _ratio(2 * true_negative, 2 * true_negative + false_positive + below)
    scores = {
        "accuracy": (true_positive + true_negative) / num_rows,
        "balanced_accuracy": (recall + specificity) / 2,
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "macro_f1": (f1 + other_f1) / 2,
    }
    return ThresholdCurve(probability[first], scores)


def _ratio(part: Array, whole: Array) -> Array:
    return np.asarray(np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0))
