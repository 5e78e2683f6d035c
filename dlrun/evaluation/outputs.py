"""What the network's last layer gives, turned into probabilities and classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.config.heads import MARGIN_LOSSES, Head, loss_class

Array = np.ndarray[Any, Any]


def gives_probabilities(head: Head) -> bool:
    """Tell whether the head's classes have probabilities; those trained with a hinge loss have only scores."""
    return head.task != "regression" and loss_class(head.loss) not in MARGIN_LOSSES


def to_probabilities(head: Head, raw: Array) -> Array:
    """Return class probabilities as float64, of the shape of `raw`.

    Args:
        head: A binary or multiclass head.
        raw: What the network gave: `(num_rows, num_targets)` for binary, `(num_rows, num_classes)` for multiclass.

    Returns:
        `raw` where the loss takes probabilities (rows of a multiclass head sum to 1 in float64 too); its sigmoid or
        softmax where the loss says `from_logits: true`; unchanged scores where the loss is a hinge.
    """
    values = np.asarray(raw, dtype=np.float64)
    if not gives_probabilities(head):
        return values
    if head.loss.args.get("from_logits"):
        return _sigmoid(values) if head.task == "binary" else _softmax(values)
    if head.task == "binary":
        return values
    totals = values.sum(axis=1, keepdims=True)
    return np.asarray(values / np.where(totals > 0, totals, 1.0))


def predicted_classes(head: Head, values: Array, threshold: float = 0.5) -> Array:
    """Return the predicted class indices.

    Args:
        head: A binary or multiclass head.
        values: What `to_probabilities` gave.
        threshold: The probability from which a binary row is positive. Hinge scores are cut at 0 instead.

    Returns:
        int64, `(num_rows, num_targets)` of 0 and 1 for binary, `(num_rows,)` for multiclass.
    """
    if head.task == "multiclass":
        return np.asarray(np.argmax(values, axis=1))
    cut = threshold if gives_probabilities(head) else 0.0
    return (np.asarray(values) >= cut).astype(np.int64)


def _sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow for large negative x."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, small) / (1.0 + small))


def _softmax(x: Array) -> Array:
    powers: Array = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
