"""The intervals of a head's scores, and the resamples that they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.evaluation.bootstrap import (
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
    rows: Array | None = None,
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
        rows: Places of the rows to score, rising; default: all. With a horizon examples are drawn of all of them,
            and those rows scored that are among `rows`: what follows one another stays together, holes or not.
        seed: Of the draws.
    """
    if head.task == "multiclass":
        places = np.arange(len(y_pred)) if rows is None else rows
        truth, answer = class_indices(y_true)[places], y_pred[places]
        draws = _draws_at(places, len(y_pred), horizon, seed, y_pred.shape[1])
        if not draws.is_enough or not np.isfinite(answer).all():
            return {}
        known = gives_probabilities(head)
        classes = predicted_classes(head, answer)
        return {head.targets[0]: class_samples(truth, classes, answer, draws, probabilities=known)}
    y_true, y_pred = by_target(y_true), by_target(y_pred)
    found: dict[str, Samples] = {}
    for place, target in enumerate(head.targets):
        places = np.flatnonzero(~np.isnan(np.asarray(y_true[:, place], np.float64)))
        if rows is not None:
            places = np.intersect1d(places, rows, assume_unique=True)
        truth, answer = y_true[places, place], y_pred[places, place]
        draws = _draws_at(places, len(y_pred), horizon, seed)
        if not draws.is_enough or not all(np.isfinite(np.asarray(own, np.float64)).all() for own in (truth, answer)):
            continue
        if head.task == "regression":
            found[target] = regression_samples(truth, answer, draws)
        else:
            predicted = predicted_classes(head, answer, threshold)
            known = gives_probabilities(head)
            found[target] = class_samples(truth, predicted, answer, draws, probabilities=known)
    return found


def _draws_at(places: Array, num_rows: int, horizon: int | None, seed: int, cost: int = 1) -> Draws:
    """Return draws of some rows: of them alone, or with windows of all examples."""
    if horizon is None:
        return draws_of(len(places), None, seed, cost)
    draws = draws_of(num_rows, horizon, seed, cost)
    return draws if len(places) == num_rows else replace(draws, only=places)


def draws_of(num_rows: int, horizon: int | None, seed: int = 0, cost: int = 1) -> Draws:
    """Return how rows are drawn: one by one, or with windows in blocks of whole examples.

    Args:
        num_rows: How many rows there are.
        horizon: As for `score_intervals`.
        seed: Of the draws.
        cost: How many times a row is looked at in a resample.
    """
    if horizon is None:
        return Draws(num_rows, cost, seed=seed)
    return Draws(num_rows, cost, block_length(num_rows // horizon, horizon), horizon, seed)
