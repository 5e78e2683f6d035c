"""The intervals of a head's scores, and the resamples that they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.evaluation.bootstrap import (
    FEWEST_ROWS,
    Draws,
    Samples,
    block_length,
    class_samples,
    intervals,
    regression_samples,
)
from dlrun.evaluation.outputs import gives_probabilities, predicted_classes
from dlrun.evaluation.scores import by_target, class_indices

if TYPE_CHECKING:
    from dlrun.config.heads import Head

Array = np.ndarray[Any, Any]


def score_intervals(
    heads: Sequence[Head],
    truths: Mapping[str, Array],
    answers: Mapping[str, Array],
    *,
    threshold: float = 0.5,
    horizon: int | None = None,
) -> dict[str, tuple[float, float]]:
    """Return the 95 % bootstrap interval of each score that has one, under the names that metrics.json gives them.

    Args:
        heads: The network's.
        truths: Output to true values, as `dlrun.evaluation.scores.score` takes them.
        answers: Output to the network's, likewise.
        threshold: The probability from which a binary row counts as positive.
        horizon: With windows, the label rows of an example, which follow one another; None for rows without an order.
    """
    several = sum(len(head.targets) for head in heads) > 1
    found: dict[str, tuple[float, float]] = {}
    for head in heads:
        samples = head_samples(head, truths[head.output], answers[head.output], threshold=threshold, horizon=horizon)
        for target, of_target in samples.items():
            pairs = intervals(of_target).items()
            found |= {f"{target}.{metric}" if several else metric: pair for metric, pair in pairs}
    return found


def head_samples(
    head: Head,
    y_true: Array,
    y_pred: Array,
    *,
    threshold: float = 0.5,
    horizon: int | None = None,
    block: int | None = None,
    seed: int = 0,
) -> dict[str, Samples]:
    """Return target to metric to the score of each resample `(resamples,)`; empty where there are too few rows.

    Two models' samples of the same rows belong together, one by one, if the seed is the same.

    Args:
        head: The head.
        y_true: As `dlrun.evaluation.scores.score` takes it.
        y_pred: Likewise.
        threshold: The probability from which a binary row counts as positive.
        horizon: As for `score_intervals`.
        block: Some rows of a series, with holes: how many that follow one another are drawn together; `horizon` does
            not count then.
        seed: Of the draws.
    """
    if head.task == "multiclass":
        if not _is_enough(len(y_true), y_pred):
            return {}
        known = gives_probabilities(head)
        draws = Draws(len(y_pred), cost=y_pred.shape[1], block=block or 1, seed=seed)
        classes = predicted_classes(head, y_pred)
        return {head.targets[0]: class_samples(class_indices(y_true), classes, y_pred, draws, probabilities=known)}
    y_true, y_pred = by_target(y_true), by_target(y_pred)
    found: dict[str, Samples] = {}
    for place, target in enumerate(head.targets):
        truth, answer = y_true[:, place], y_pred[:, place]
        there = ~np.isnan(np.asarray(truth, np.float64))
        if not there.all() and (horizon is None or block is not None):
            truth, answer = truth[there], answer[there]
        if not _is_enough(len(truth), answer) or not np.isfinite(np.asarray(truth, np.float64)).all():
            continue
        if head.task == "regression":
            drawn = draws_of(len(truth), horizon, seed) if block is None else Draws(len(truth), block=block, seed=seed)
            found[target] = regression_samples(truth, answer, drawn)
        else:
            predicted = predicted_classes(head, answer, threshold)
            known = gives_probabilities(head)
            draws = Draws(len(truth), block=block or 1, seed=seed)
            found[target] = class_samples(truth, predicted, answer, draws, probabilities=known)
    return found


def draws_of(num_rows: int, horizon: int | None, seed: int = 0) -> Draws:
    """Return how rows are drawn: one by one, or with windows in blocks of whole examples.

    Args:
        num_rows: How many rows there are.
        horizon: As for `score_intervals`.
        seed: Of the draws.
    """
    if horizon is None:
        return Draws(num_rows, seed=seed)
    return Draws(num_rows, block=block_length(num_rows // horizon, horizon), repeated=horizon, seed=seed)


def _is_enough(num_rows: int, values: Array) -> bool:
    return num_rows >= FEWEST_ROWS and bool(np.isfinite(values).all())
