"""Per-class reports: precision, recall, F1 and support of every label, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.evaluation.counts import class_ratios, confusion_matrix, occurs
from dlrun.evaluation.outputs import predicted_classes
from dlrun.evaluation.scores import by_target, class_indices

if TYPE_CHECKING:
    from dlrun.config.heads import Head

Array = np.ndarray[Any, Any]
Report = dict[str, Any]


def class_reports(
    head: Head, y_true: Array, y_pred: Array, *, classes: Mapping[str, Sequence[Any]], threshold: float = 0.5
) -> dict[str, Report]:
    """Report on a classification head, target by target.

    Args:
        head: A binary or multiclass head; a regression head has no report (the result is empty).
        y_true: As `scores.score` takes it.
        y_pred: What `to_probabilities` gave.
        classes: Target to its labels in the order of their indices (`Preprocessor.classes`).
        threshold: The probability from which a binary row counts as positive.

    Returns:
        Target to what `class_report` gives.
    """
    if head.task == "regression":
        return {}
    predicted = predicted_classes(head, y_pred if head.task == "multiclass" else by_target(y_pred), threshold)
    if head.task == "multiclass":
        target = head.targets[0]
        return {target: class_report(class_indices(y_true), predicted, classes[target])}
    truth = by_target(y_true).astype(np.int64)
    return {name: class_report(truth[:, i], predicted[:, i], classes[name]) for i, name in enumerate(head.targets)}


def class_report(y_true: Array, y_pred: Array, labels: Sequence[Any]) -> Report:
    """Return plain values that JSON holds.

    Args:
        y_true: Class indices `(num_rows,)`.
        y_pred: Predicted class indices `(num_rows,)`.
        labels: The original label of each index.

    Returns:
        `{"labels": [...], "classes": [{"label", "precision", "recall", "f1", "support"}, ...], "accuracy": a,
        "macro_avg": {...}, "weighted_avg": {...}, "confusion_matrix": [[...]]}`. Row i of the matrix holds the rows
        whose true label is `labels[i]`, column j those predicted as `labels[j]`. As in scikit-learn, a ratio of
        nothing to nothing is 0, and the macro average is over the classes that occur among true or predicted labels.
    """
    matrix = confusion_matrix(y_true, y_pred, len(labels))
    support = matrix.sum(axis=1)
    columns = np.array([*class_ratios(matrix), support])
    return {
        "labels": list(labels),
        "classes": [{"label": label, **_row(columns[:, i])} for i, label in enumerate(labels)],
        "accuracy": float(np.trace(matrix) / matrix.sum()) if matrix.sum() else None,
        "macro_avg": _average(columns, occurs(matrix).astype(np.float64)),
        "weighted_avg": _average(columns, support.astype(np.float64)),
        "confusion_matrix": matrix.tolist(),
    }


def _row(column: Array) -> dict[str, float | int]:
    precision, recall, f1, support = column
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1), "support": int(support)}


def _average(columns: Array, weights: Array) -> dict[str, float | int]:
    total = max(float(weights.sum()), 1.0)
    means = columns[:3] @ weights / total
    return _row(np.array([*means, columns[3].sum()]))
