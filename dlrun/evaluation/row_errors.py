"""How wrong a prediction is, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import ConfigError, Problem
from dlrun.evaluation.outputs import gives_probabilities
from dlrun.evaluation.scores import by_target, class_indices

if TYPE_CHECKING:
    from dlrun.config.heads import Head

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class RowErrors:
    """The errors of a target's rows.

    Args:
        measure: "residual" (the true value minus the predicted one) or "log_loss" (minus the logarithm of the true
            class's probability).
        values: `(num_rows,)`; NaN where the true value is not known.
    """

    measure: str
    values: Array

    def worst(self, count: int) -> Array:
        """Return the places of the worst rows, the worst first; those of equal error in the rows' order."""
        sizes = np.where(np.isnan(self.values), -1.0, np.abs(self.values))
        order = np.argsort(-sizes, kind="stable")[:count]
        return np.asarray(order[sizes[order] >= 0])


def row_errors(head: Head, place: int, y_true: Array, y_pred: Array) -> RowErrors:
    """Return the error of every row of one of a head's targets.

    Args:
        head: The head.
        place: Which of its targets.
        y_true: As `scores.score` takes it.
        y_pred: Likewise.

    Raises:
        ConfigError: If classes have no probabilities.
    """
    if head.task == "regression":
        true, predicted = (by_target(np.asarray(y, np.float64))[:, place] for y in (y_true, y_pred))
        return RowErrors("residual", true - predicted)
    if not gives_probabilities(head):
        what = f"'{head.targets[place]}' was trained with a hinge loss: its classes have scores, and no probabilities"
        raise ConfigError(Problem(what, "Train with a crossentropy loss to know how sure the network is of a row."))
    if head.task == "multiclass":
        own = np.asarray(y_pred)[np.arange(len(y_pred)), class_indices(y_true)]
    else:
        true, probability = by_target(y_true)[:, place], by_target(y_pred)[:, place]
        own = np.where(true == 1, probability, 1.0 - probability)
    epsilon = np.finfo(np.float64).eps
    return RowErrors("log_loss", -np.log(np.clip(np.asarray(own, np.float64), epsilon, 1.0)))
