"""Counts of true against predicted classes, and the ratios made of them; scikit-learn's formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def confusion_matrix(y_true: Array, y_pred: Array, num_classes: int) -> Array:
    """Return `(num_classes, num_classes)`: in row i the rows whose true class is i, by predicted class.

    Args:
        y_true: Class indices `(num_rows,)`.
        y_pred: Predicted class indices `(num_rows,)`.
        num_classes: How many classes there are.
    """
    cells = y_true.astype(np.int64) * num_classes + y_pred.astype(np.int64)
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def class_ratios(matrix: Array) -> tuple[Array, Array, Array]:
    """Return precision, recall and F1 of every class `(..., num_classes)`; a ratio of nothing to nothing is 0.

    Args:
        matrix: One `(num_classes, num_classes)`, or many `(..., num_classes, num_classes)`.
    """
    hits, true, predicted = np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(axis=-1), matrix.sum(axis=-2)
    return _ratio(hits, predicted), _ratio(hits, true), _ratio(2 * hits, true + predicted)


def occurs(matrix: Array) -> Array:
    """Return for every class whether it is there among true or predicted labels."""
    return np.asarray(matrix.sum(axis=-1) + matrix.sum(axis=-2) > 0)


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole != 0)
