"""Scores of predicted numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Scores = dict[str, float | None]

METRICS = ("rmse", "mae", "mape", "r2")


def regression_scores(y_true: Array, y_pred: Array) -> Scores:
    """Return rmse, mae, mape and r2 of one target, in the target's own units.

    `mape` is a fraction (0.12 is 12 %). A score that is not defined is None: `mape` where a true value is 0, `r2`
    where the true values are all equal (so with one row, too), all of them without rows or where a prediction is not
    a finite number. The formulas are those of scikit-learn's `root_mean_squared_error`, `mean_absolute_error`,
    `mean_absolute_percentage_error` and `r2_score`.

    Args:
        y_true: `(num_rows,)`; rows whose true value is NaN are left out.
        y_pred: `(num_rows,)`.
    """
    y_true, y_pred = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    known = ~np.isnan(y_true)
    y_true, y_pred = y_true[known], y_pred[known]
    if not len(y_true) or not np.isfinite(y_pred).all():
        return dict.fromkeys(METRICS)
    with np.errstate(over="ignore", invalid="ignore"):  # astronomic predictions: the score is then None
        error = y_pred - y_true
        squared = float(np.sum(error**2))
        total = float(np.sum((y_true - y_true.mean()) ** 2))
        return {
            "rmse": _finite(np.sqrt(squared / len(error))),
            "mae": _finite(np.mean(np.abs(error))),
            "mape": None if (y_true == 0).any() else _finite(np.mean(np.abs(error) / np.abs(y_true))),
            "r2": None if (y_true == y_true[0]).all() else _finite(1.0 - squared / total),
        }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
