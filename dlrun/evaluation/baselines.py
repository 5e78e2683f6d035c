"""Naive predictors that know the training labels alone; a network that does not beat them has learned nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.evaluation.classification import binary_scores, multiclass_scores
from dlrun.evaluation.regression import regression_scores
from dlrun.evaluation.scores import by_target, class_indices

if TYPE_CHECKING:
    from dlrun.config.heads import Head

Array = np.ndarray[Any, Any]
Scores = dict[str, float | None]
Naive = dict[str, dict[str, Any]]


def learn_baselines(heads: Sequence[Head], y_train: Mapping[str, Array], classes: Mapping[str, Sequence[Any]]) -> Naive:
    """Learn from training labels what the naive predictors answer.

    Args:
        heads: The model's heads.
        y_train: Output to the true values of the training rows, shaped as `score` takes them; before any resampling.
        classes: Target to its labels (`Preprocessor.classes`); regression targets need none.

    Returns:
        Plain values that JSON holds: target to `{"mean": m, "median": m}`, or to `{"counts": [...]}` of each class.
    """
    naive: Naive = {}
    for head in heads:
        y = np.asarray(y_train[head.output])
        if head.task == "multiclass":
            naive[head.targets[0]] = {"counts": _counts(class_indices(y), len(classes[head.targets[0]]))}
            continue
        for index, target in enumerate(head.targets):
            column = by_target(y)[:, index]
            naive[target] = {"counts": _counts(column, 2)} if head.task == "binary" else _centre(column)
    return naive


def score_baselines(head: Head, naive: Naive, y_true: Array) -> dict[str, dict[str, Scores]]:
    """Score what the naive predictors answer: baseline ("mean", "median", "majority") to target to scores.

    "majority" always answers the commonest training class, with the classes' training frequencies as probabilities,
    as scikit-learn's `DummyClassifier(strategy="prior")` does. On a tie it is the class that comes first.

    Args:
        head: The head.
        naive: What `learn_baselines` gave.
        y_true: The true values, as `score` takes them.
    """
    if head.task == "multiclass":
        target = head.targets[0]
        return {"majority": {target: _majority_scores(head.task, naive[target]["counts"], class_indices(y_true))}}
    columns = {target: by_target(y_true)[:, index] for index, target in enumerate(head.targets)}
    if head.task == "binary":
        return {"majority": {t: _majority_scores(head.task, naive[t]["counts"], y) for t, y in columns.items()}}
    return {
        name: {t: regression_scores(y, np.full(len(y), naive[t][name], np.float64)) for t, y in columns.items()}
        for name in ("mean", "median")
    }


def _majority_scores(task: str, counts: Sequence[int], y_true: Array) -> Scores:
    frequencies = np.asarray(counts, dtype=np.float64) / max(sum(counts), 1)
    predicted = np.full(len(y_true), int(np.argmax(counts)), dtype=np.int64)
    if task == "binary":
        return binary_scores(y_true, predicted, np.full(len(y_true), frequencies[1]))
    return multiclass_scores(y_true, predicted, np.tile(frequencies, (len(y_true), 1)))


def _counts(indices: Array, num_classes: int) -> list[int]:
    return [int(n) for n in np.bincount(np.asarray(indices).astype(np.int64), minlength=num_classes)]


def _centre(y: Array) -> dict[str, float | None]:
    known = np.asarray(y, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        return {"mean": None, "median": None}
    return {"mean": float(known.mean()), "median": float(np.median(known))}
