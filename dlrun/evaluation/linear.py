"""A linear model on the same windows as the network: the cheapest model that learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MOST_COLUMNS = 3000  # of a window laid flat; the normal equations are a square of it
MOST_CELLS = 8_000_000  # of windows that are laid out at one time
_STRENGTHS = (1e-8, 1e-5, 1e-3, 1e-2, 1e-1, 1.0)  # of ridge, by the number of examples
_TRIAL = 0.2  # the last share of the training examples, on which the strength is chosen


@dataclass(frozen=True)
class LinearForecast:
    """A linear function of a window.

    Args:
        weights: `(length, num_features, num_outputs)`.
        intercept: `(num_outputs,)`.
    """

    weights: Array
    intercept: Array

    def predict(self, rows: Array, ends: Array) -> Array:
        """Return the forecasts `(num_examples, num_outputs)` of the windows that end at these rows."""
        length = len(self.weights)
        out = np.tile(self.intercept, (len(ends), 1))
        for place, weights in enumerate(self.weights):
            out += (rows @ weights)[ends - length + 1 + place]
        return out

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"weights": self.weights.tolist(), "intercept": self.intercept.tolist()}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> LinearForecast:
        """Return what `to_json` described."""
        return cls(np.asarray(state["weights"], np.float64), np.asarray(state["intercept"], np.float64))


def fit_linear(rows: Array, ends: Array, length: int, y: Array) -> LinearForecast | None:
    """Fit by ridge regression, as strong as does best on the last fifth of the examples.

    Args:
        rows: Scaled features `(num_rows, num_features)`.
        ends: The rows at which the training examples end `(num_examples,)`, in order of time.
        length: Rows of a window.
        y: Labels `(num_examples, num_outputs)`.

    Returns:
        The model, fitted on evenly spread examples where there are more than need be; None for windows too wide.
    """
    columns = length * rows.shape[1]
    if columns > MOST_COLUMNS or len(ends) < 10:
        return None
    count = min(len(ends), max(5 * columns, MOST_CELLS // columns))
    chosen = np.unique(np.linspace(0, len(ends) - 1, count).round().astype(np.int64))
    x = rows[ends[chosen][:, None] + np.arange(1 - length, 1)].reshape(len(chosen), columns).astype(np.float64)
    y = y[chosen]
    cut = len(x) - max(1, int(_TRIAL * len(x)))
    trials = _ridge(x[:cut], y[:cut], _STRENGTHS)
    errors = [float(((x[cut:] @ weights + intercept - y[cut:]) ** 2).mean()) for weights, intercept in trials]
    weights, intercept = _ridge(x, y, [_STRENGTHS[int(np.argmin(errors))]])[0]
    return LinearForecast(weights.reshape(length, rows.shape[1], -1), intercept)


def _ridge(x: Array, y: Array, strengths: Sequence[float]) -> list[tuple[Array, Array]]:
    """Return weights and intercept for each strength, which counts for columns of variance 1."""
    mean, spread, middle = x.mean(axis=0), x.std(axis=0), y.mean(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (x - mean) / spread
    square, right = scaled.T @ scaled, scaled.T @ (y - middle)
    found = []
    for strength in strengths:
        weights = np.linalg.solve(square + strength * len(x) * np.eye(len(square)), right) / spread[:, None]
        found.append((weights, middle - mean @ weights))
    return found
