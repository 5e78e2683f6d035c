"""Whether probabilities mean what they say: of the rows told to be positive with 0.8, are 80 % positive?

The curve is scikit-learn's `calibration_curve` with bins of equal width. The expected calibration error is that of
Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning (AAAI 2015); of several
classes that of the predicted class, as in Guo et al., On Calibration of Modern Neural Networks (ICML 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

BINS = 10


@dataclass(frozen=True)
class Calibration:
    """What was told, and what came, bin by bin; empty bins are left out.

    Args:
        told: Mean probability of each bin's rows, `(num_bins,)`.
        came: Share of them for which it was true, likewise.
        rows: How many they are, likewise.
    """

    told: Array
    came: Array
    rows: Array

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of the two, weighted by rows."""
        return float(np.abs(self.told - self.came) @ self.rows / max(self.rows.sum(), 1))


def calibration(true: Array, probability: Array, bins: int = BINS) -> Calibration:
    """Return the calibration of probabilities.

    Args:
        true: Whether what was told came true, `(num_rows,)`.
        probability: With which it was told, likewise.
        bins: How many bins of equal width there are between 0 and 1.
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    own = np.searchsorted(edges[1:-1], probability)
    rows = np.bincount(own, minlength=bins)
    there = rows > 0
    told = np.bincount(own, weights=probability, minlength=bins)[there] / rows[there]
    came = np.bincount(own, weights=np.asarray(true, np.float64), minlength=bins)[there] / rows[there]
    return Calibration(told, came, rows[there])


def class_calibration(actual: Array, probabilities: Array) -> Calibration:
    """Return the calibration of class probabilities: of two classes the second's, of more the predicted one's.

    Args:
        actual: True class indices `(num_rows,)`.
        probabilities: `(num_rows, num_classes)`.
    """
    if probabilities.shape[1] == 2:
        return calibration(actual == 1, probabilities[:, 1])
    return calibration(probabilities.argmax(axis=1) == actual, probabilities.max(axis=1))
