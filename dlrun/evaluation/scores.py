"""The scores of a head's targets, under the names that metrics.json gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlrun.evaluation.classification import binary_scores, multiclass_scores
from dlrun.evaluation.outputs import gives_probabilities, predicted_classes
from dlrun.evaluation.regression import regression_scores

if TYPE_CHECKING:
    from dlrun.config.heads import Head

Array = np.ndarray[Any, Any]
Scores = dict[str, float | None]

# How the names end, in small letters, of dlrun's and Keras's scores of which more is better.
_MORE_IS_BETTER = re.compile(
    r"(acc(uracy)?|auc|precision|recall|specificity|sensitivity|f1(_?score)?|f_?beta_?score|jaccard|io_?u"
    r"|r2(_?score)?|similarity|correlation|corrcoef|true_?(positives|negatives))$"
)
_NUMBERED = re.compile(r"[._]\d+$")  # a step of a forecast, `r2.3`, or one of several that Keras calls alike, `auc_1`
_ALWAYS_DEFINED = ("rmse", "accuracy")  # None only where nothing could be scored at all
_NOT_DEFINED = {
    "mape": "MAPE is not defined: the target holds zeros",
    "r2": "R2 is not defined: the true values are all equal",
    "roc_auc": "ROC AUC is not defined: a class does not occur in these rows",
    "pr_auc": "PR AUC is not defined: a class does not occur in these rows",
    "log_loss": "log loss is not defined: a hinge loss gives scores, not probabilities",
}
_NOTHING_SCORED = "not defined: there are no rows, or a prediction is not a finite number"


def score(head: Head, y_true: Array, y_pred: Array, *, threshold: float = 0.5) -> dict[str, Scores]:
    """Score a head's predictions, target by target.

    Args:
        head: The head; its task says which scores there are.
        y_true: Regression: `(num_rows, num_targets)` in original units. Binary: 0 and 1, `(num_rows, num_targets)`,
            1 being the positive class. Multiclass: class indices `(num_rows,)`, or one-hot `(num_rows, num_classes)`.
            `(num_rows,)` will do for a single target.
        y_pred: Regression: as `y_true`, in original units. Classes: what `to_probabilities` gave.
        threshold: The probability from which a binary row counts as positive.

    Returns:
        Target to metric to value; None for what is not defined.
    """
    if head.task == "multiclass":
        predicted = predicted_classes(head, y_pred)
        values = multiclass_scores(class_indices(y_true), predicted, y_pred, probabilities=gives_probabilities(head))
        return {head.targets[0]: values}
    y_true, y_pred = by_target(y_true), by_target(y_pred)
    if head.task == "regression":
        return {name: regression_scores(y_true[:, i], y_pred[:, i]) for i, name in enumerate(head.targets)}
    predicted = predicted_classes(head, y_pred, threshold)
    known = gives_probabilities(head)
    return {
        name: binary_scores(y_true[:, i], predicted[:, i], y_pred[:, i], probabilities=known)
        for i, name in enumerate(head.targets)
    }


def flat_names(by_target: Mapping[str, Scores], several: bool) -> Scores:
    """Return `{metric: value}` of one target, or `{target.metric: value}` where there are `several` targets."""
    return {
        f"{target}.{metric}" if several else metric: value
        for target, scores in by_target.items()
        for metric, value in scores.items()
    }


def is_higher_better(metric: str) -> bool:
    """Tell whether a larger value of a score is the better one: of `accuracy`, `price.r2`, Keras's `AUC`."""
    return _MORE_IS_BETTER.search(_metric_of(_NUMBERED.sub("", metric)).lower()) is not None


def better_or_worse(metric: str, difference: float) -> Literal["better", "worse"]:
    """Return what a score is that is larger by `difference`."""
    return "better" if (difference > 0) == is_higher_better(metric) else "worse"


def explain_missing(scores: Mapping[str, float | None]) -> dict[str, str]:
    """Tell why scores of one part are None: name (`mape`, `Y1.mape`) to a sentence without a full stop.

    It reads the scores alone, so it works from metrics.json as well.
    """
    unscored = {
        _target_of(name) for name, value in scores.items() if value is None and _metric_of(name) in _ALWAYS_DEFINED
    }
    return {
        name: _NOTHING_SCORED if _target_of(name) in unscored else _NOT_DEFINED[_metric_of(name)]
        for name, value in scores.items()
        if value is None and (_target_of(name) in unscored or _metric_of(name) in _NOT_DEFINED)
    }


def class_indices(y: Array) -> Array:
    """Return class indices `(num_rows,)` of indices or one-hot rows."""
    y = np.asarray(y)
    return np.argmax(y, axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(len(y)).astype(np.int64)


def by_target(y: Array) -> Array:
    """Return `(num_rows, num_targets)`, also of `(num_rows,)`."""
    y = np.asarray(y)
    return y[:, np.newaxis] if y.ndim == 1 else y


def _metric_of(name: str) -> str:
    return name.rpartition(".")[2]


def _target_of(name: str) -> str:
    return name.rpartition(".")[0]
