"""How well scores rank positive rows above the others: ROC, precision and recall, and the areas under them.

The formulas are scikit-learn's, number for number (tests hold them together); importing it would take longer than
training a small network. Evaluation and plots both use them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def roc_curve(positive: Array, score: Array) -> tuple[Array, Array]:
    """Return false and true positive rates from the highest threshold to the lowest, beginning at (0, 0).

    Args:
        positive: Whether each row is positive, `(num_rows,)`; both kinds must occur.
        score: The higher, the likelier positive, `(num_rows,)`.
    """
    found, false = _counts_by_threshold(positive, score)
    if len(found) > 2:  # points on a straight line between two others say nothing
        corner = np.concatenate([[True], (np.diff(false, 2) != 0) | (np.diff(found, 2) != 0), [True]])
        found, false = found[corner], false[corner]
    return np.concatenate([[0.0], false / false[-1]]), np.concatenate([[0.0], found / found[-1]])


def roc_auc(positive: Array, score: Array) -> float:
    """Return the area under the ROC curve: the share of pairs, one positive and one not, that are in order."""
    x, y = roc_curve(positive, score)
    return float(np.trapezoid(y, x))


def precision_recall_curve(positive: Array, score: Array) -> tuple[Array, Array]:
    """Return precision and recall from the lowest threshold to the highest, ending at (1, 0).

    Args:
        positive: Whether each row is positive, `(num_rows,)`; at least one must be.
        score: The higher, the likelier positive, `(num_rows,)`.
    """
    found, false = _counts_by_threshold(positive, score)
    precision, recall = found / (found + false), found / found[-1]
    return np.concatenate([precision[::-1], [1.0]]), np.concatenate([recall[::-1], [0.0]])


def average_precision(positive: Array, score: Array) -> float:
    """Return the precisions at each threshold, weighted by the recall they add."""
    precision, recall = precision_recall_curve(positive, score)
    return max(0.0, float(-np.sum(np.diff(recall) * precision[:-1])))


def _counts_by_threshold(positive: Array, score: Array) -> tuple[Array, Array]:
    """Return how many positive rows, and how many others, reach each threshold, the highest first."""
    order = np.argsort(-score, kind="stable")
    score = score[order]
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)  # of the rows with the same score
    found = np.cumsum(positive[order], dtype=np.float64)[last]
    return found, 1.0 + last - found
