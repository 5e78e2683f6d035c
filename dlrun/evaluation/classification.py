"""Scores of predicted classes and their probabilities, as scikit-learn computes them."""

from __future__ import annotations

from typing import Any

import numpy as np

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
    from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

    y_true = np.asarray(y_true).astype(np.int64)
    positives = int(y_true.sum())
    both = 0 < positives < len(y_true)
    return {
        **_class_scores(y_true, y_pred, "binary"),
        "roc_auc": float(roc_auc_score(y_true, values)) if both else None,
        "pr_auc": float(average_precision_score(y_true, values)) if positives else None,
        "log_loss": float(log_loss(y_true, values, labels=[0, 1])) if probabilities else None,
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
    from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

    y_true = np.asarray(y_true).astype(np.int64)
    num_classes = values.shape[1]
    all_present = num_classes > 1 and len(np.unique(y_true)) == num_classes
    members = [(y_true == index, values[:, index]) for index in range(num_classes)] if all_present else []
    return {
        **_class_scores(y_true, y_pred, "macro"),
        "roc_auc": float(np.mean([roc_auc_score(*pair) for pair in members])) if members else None,
        "pr_auc": float(np.mean([average_precision_score(*pair) for pair in members])) if members else None,
        "log_loss": float(log_loss(y_true, values, labels=range(num_classes))) if probabilities else None,
    }


def _class_scores(y_true: Array, y_pred: Array, average: str) -> Scores:
    from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(y_true, y_pred, average=average, zero_division=0)
    return {
        "accuracy": float(accuracy_score(y_true, y_pred)),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "macro_f1": float(f1_score(y_true, y_pred, average="macro", zero_division=0)),
        "weighted_f1": float(f1_score(y_true, y_pred, average="weighted", zero_division=0)),
    }
