"""Whether probabilities mean what they say: of the rows told to be positive with 0.8, are 80 % positive?

The curve is scikit-learn's `calibration_curve` with bins of equal width. The expected calibration error is that of
Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning (AAAI 2015); of several
classes that of the predicted class, as in Guo et al., On Calibration of Modern Neural Networks (ICML 2017).

On few rows even perfect probabilities have such an error. How large it may be is found as in consistency bars (Bröcker
and Smith, Increasing the Reliability of Reliability Diagrams, Weather and Forecasting 22, 2007): outcomes are drawn
from the probabilities themselves. The interval of a bin's share is Wilson's (JASA 22, 1927).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

BINS = 10
_DRAWS = 1000
_MOST_DRAWN = 20_000_000
_Z = 1.959963984540054  # the normal distribution's quantile of 0.975


@dataclass(frozen=True)
class Calibration:
    """What was told, and what came, bin by bin; empty bins are left out.

    Args:
        told: Mean probability of each bin's rows, `(num_bins,)`.
        came: Share of them for which it was true, likewise.
        rows: How many they are, likewise.
        number: Which of the bins it is, from 0, likewise.
    """

    told: Array
    came: Array
    rows: Array
    number: Array

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of the two, weighted by rows."""
        return float(np.abs(self.told - self.came) @ self.rows / max(self.rows.sum(), 1))

    @property
    def bias(self) -> float:
        """How much more was told than came, on the average; above 0 the network is too sure."""
        return float((self.told - self.came) @ self.rows / max(self.rows.sum(), 1))

    def shares(self) -> tuple[Array, Array]:
        """Return where the 95 % interval of each bin's share begins and ends, `(num_bins,)` each."""
        squared = _Z**2
        middle = (self.came * self.rows + squared / 2) / (self.rows + squared)
        spread = self.came * (1 - self.came) / self.rows + squared / (4 * self.rows**2)
        half = _Z * self.rows / (self.rows + squared) * np.sqrt(spread)
        return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def calibration(true: Array, probability: Array, bins: int = BINS) -> Calibration:
    """Return the calibration of probabilities.

    Args:
        true: Whether what was told came true, `(num_rows,)`.
        probability: With which it was told, likewise.
        bins: How many bins of equal width there are between 0 and 1.
    """
    own = _bins(probability, bins)
    rows = np.bincount(own, minlength=bins)
    there = np.flatnonzero(rows)
    told = np.bincount(own, weights=probability, minlength=bins)[there] / rows[there]
    came = np.bincount(own, weights=np.asarray(true, np.float64), minlength=bins)[there] / rows[there]
    return Calibration(told, came, rows[there], there)


def error_by_chance(probability: Array, bins: int = BINS) -> float:
    """Return the error that perfect probabilities stay below in 95 of 100 draws of as many rows.

    Args:
        probability: With which something was told, `(num_rows,)`.
        bins: As for `calibration`.
    """
    random = np.random.default_rng(0)
    probability = np.asarray(probability, np.float64)
    own = _bins(probability, bins)
    draws = int(np.clip(_MOST_DRAWN // max(len(probability), 1), 50, _DRAWS))
    order = np.argsort(own, kind="stable")
    ordered, starts = probability[order], np.searchsorted(own[order], np.unique(own))
    told = np.add.reduceat(ordered, starts)
    errors = [
        np.abs(np.add.reduceat((random.random(len(ordered)) < ordered).astype(np.float64), starts) - told).sum()
        for _ in range(draws)
    ]
    return float(np.quantile(errors, 0.95) / len(probability))


def class_calibration(actual: Array, probabilities: Array) -> Calibration:
    """Return the calibration of class probabilities: of two classes the second's, of more the predicted one's.

    Args:
        actual: True class indices `(num_rows,)`.
        probabilities: `(num_rows, num_classes)`.
    """
    return calibration(*told_classes(actual, probabilities))


def told_classes(actual: Array, probabilities: Array) -> tuple[Array, Array]:
    """Return whether what was told came true, and the probability that it was told with, `(num_rows,)` each.

    Args:
        actual: True class indices `(num_rows,)`.
        probabilities: `(num_rows, num_classes)`; of two classes the second is looked at, of more the predicted one.
    """
    if probabilities.shape[1] == 2:
        return actual == 1, probabilities[:, 1]
    return probabilities.argmax(axis=1) == actual, probabilities.max(axis=1)


def _bins(probability: Array, bins: int) -> Array:
    return np.searchsorted(np.linspace(0.0, 1.0, bins + 1)[1:-1], probability)
