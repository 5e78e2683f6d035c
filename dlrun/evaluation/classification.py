"""Scores of predicted classes and their probabilities, as scikit-learn computes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.evaluation.counts import class_ratios, confusion_matrix, occurs
from dlrun.ranking import average_precision, roc_auc

Array = np.ndarray[Any, Any]
Scores = dict[str, float | None]

METRICS = (
    "accuracy", "precision", "recall", "f1", "macro_f1", "weighted_f1", "roc_auc", "pr_auc", "log_loss",
)  # fmt: skip


def binary_scores(y_true: Array, y_pred: Array, values: Array, *, probabilities: bool = True) -> Scores:
    """Return the scores of one binary target.

    `precision`, `recall` and `f1` are those of the positive class (index 1) and 0 where nothing was predicted or
    nothing is positive; `pr_auc` is the average precision. None: `roc_auc` where one class only is present, `pr_auc`
    without a positive row, `log_loss` of hinge scores, all without rows or where a prediction is NaN.

    Args:
        y_true: Class indices 0 and 1, `(num_rows,)`.
        y_pred: Predicted class indices, `(num_rows,)`.
        values: The positive class's probabilities or scores, `(num_rows,)`.
        probabilities: False where `values` are scores.
    """
    if not len(y_true) or not np.isfinite(values).all():
        return dict.fromkeys(METRICS)
    y_true = np.asarray(y_true).astype(np.int64)
    matrix = confusion_matrix(y_true, y_pred, 2)
    precision, recall, f1 = (float(of_class[1]) for of_class in class_ratios(matrix))
    both = 0 < y_true.sum() < len(y_true)
    return {
        **_class_scores(matrix),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "roc_auc": roc_auc(y_true, values) if both else None,
        "pr_auc": average_precision(y_true, values) if y_true.any() else None,
        "log_loss": _log_loss(np.where(y_true == 1, values, 1.0 - values)) if probabilities else None,
    }


def multiclass_scores(y_true: Array, y_pred: Array, values: Array, *, probabilities: bool = True) -> Scores:
    """Return the scores of one target with several classes.

    `precision`, `recall` and `f1` are means over the classes (macro), so `f1` equals `macro_f1`; as in scikit-learn
    the mean is over the classes that occur among true or predicted labels. `roc_auc` and `pr_auc` are the means of
    each class against the rest, None where a class is missing among the true labels (or is the only one).

    Args:
        y_true: Class indices, `(num_rows,)`.
        y_pred: Predicted class indices, `(num_rows,)`.
        values: Probabilities or scores, `(num_rows, num_classes)`.
        probabilities: False where `values` are scores; `log_loss` is then None.
    """
    if not len(y_true) or not np.isfinite(values).all():
        return dict.fromkeys(METRICS)
    y_true = np.asarray(y_true).astype(np.int64)
    num_classes = values.shape[1]
    all_present = num_classes > 1 and len(np.unique(y_true)) == num_classes
    members = [(y_true == index, values[:, index]) for index in range(num_classes)] if all_present else []
    return {
        **_class_scores(confusion_matrix(y_true, y_pred, num_classes)),
        "roc_auc": float(np.mean([roc_auc(*pair) for pair in members])) if members else None,
        "pr_auc": float(np.mean([average_precision(*pair) for pair in members])) if members else None,
        "log_loss": _log_loss(values[np.arange(len(y_true)), y_true]) if probabilities else None,
    }


def _class_scores(matrix: Array) -> Scores:
    precision, recall, f1 = class_ratios(matrix)
    there, support = occurs(matrix), matrix.sum(axis=1)
    macro_f1 = float(f1[there].mean())
    return {
        "accuracy": float(np.trace(matrix) / matrix.sum()),
        "precision": float(precision[there].mean()),
        "recall": float(recall[there].mean()),
        "f1": macro_f1,
        "macro_f1": macro_f1,
        "weighted_f1": float(np.average(f1, weights=support)),
    }


def _log_loss(of_true_class: Array) -> float:
    """Return the mean of -log of the true classes' probabilities, which are kept away from 0 and 1 by an epsilon."""
    epsilon = np.finfo(of_true_class.dtype).eps
    return float(np.mean(-np.log(np.clip(of_true_class, epsilon, 1.0 - epsilon), dtype=np.float64)))
