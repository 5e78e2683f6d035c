"""The scores of two runs on the same rows, drawn again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlrun.config.heads import heads_of
from dlrun.config.resolved import load_resolved
from dlrun.errors import Problem, RunError
from dlrun.evaluation.bootstrap import Draws, Samples, class_samples, regression_samples
from dlrun.evaluation.comparison import Difference, row_difference
from dlrun.evaluation.intervals import draws_of
from dlrun.metrics_file import load_metrics
from dlrun.plots.results import class_targets, classes_of, number_targets, numbers_of

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.run_dir import RunDir


def row_differences(first: RunDir, second: RunDir, part: str) -> dict[str, Difference]:
    """Return metric to the difference of two runs' scores, over rows drawn again.

    Args:
        first: A run.
        second: Another one that was scored on the same rows.
        part: Which rows.

    Raises:
        RunError: If a run is damaged.
    """
    a, b = samples_of(first, part), samples_of(second, part)
    scores = [load_metrics(run)[part] for run in (first, second)]
    num_rows = int(load_metrics(first)["rows"][part])
    found = {}
    for metric in a.keys() & b.keys():
        values = [own.get(metric) for own in scores]
        if None in values or a[metric].shape != b[metric].shape:
            continue
        difference = row_difference(a[metric], b[metric], (float(values[0]), float(values[1])), num_rows)
        if difference is not None:
            found[metric] = difference
    return found


def same_labels(first: RunDir, second: RunDir, part: str) -> bool:
    """Tell whether the rows of a part have the same labels in two runs: `data.prepare` may compute a target anew.

    Classes may be called otherwise, as long as the same rows belong together.

    Args:
        first: A run.
        second: Another one that was scored on the same rows.
        part: Which rows.

    Raises:
        RunError: If a run is damaged.
    """
    import pandas as pd

    for target in {*number_targets(first)} & {*number_targets(second)}:
        one, other = (numbers_of(run, target, part).actual for run in (first, second))
        if one.shape == other.shape and not np.allclose(one, other, rtol=1e-5):
            return False
    for target in {*class_targets(first)} & {*class_targets(second)}:
        one, other = (pd.factorize(classes_of(run, target, part).actual)[0] for run in (first, second))
        if one.shape == other.shape and not np.array_equal(one, other):
            return False
    return True


def samples_of(run: RunDir, part: str) -> Samples:
    """Return metric, or `target.metric`, to its values in each resample of a run's predictions.

    Raises:
        RunError: If the run is damaged.
    """
    config = load_resolved(run.resolved)
    numbers, classes = number_targets(run), class_targets(run)
    several = len(numbers) + len(classes) > 1
    found: Samples = {}
    try:
        of_targets = {t: _of_numbers(run, t, part, config) for t in numbers}
        of_targets |= {t: _of_classes(run, t, part, config) for t in classes}
    except (ValueError, IndexError, KeyError) as error:
        raise RunError(Problem(f"{run.predictions} is damaged: {error}")) from error
    for target, samples in of_targets.items():
        found |= {f"{target}.{metric}" if several else metric: values for metric, values in samples.items()}
    return found


def _of_numbers(run: RunDir, target: str, part: str, config: Config) -> Samples:
    rows = numbers_of(run, target, part)
    draws = _draws(len(rows.actual), config)
    return regression_samples(rows.actual, rows.predicted, draws) if draws.is_enough else {}


def _of_classes(run: RunDir, target: str, part: str, config: Config) -> Samples:
    rows = classes_of(run, target, part)
    binary = any(target in head.targets and head.task == "binary" for head in heads_of(config))
    draws = _draws(len(rows.actual), config, 1 if binary else len(rows.labels))
    if not draws.is_enough:
        return {}
    if rows.probabilities is None:  # of a hinge loss: there are classes alone, in any order
        answers = np.eye(len(rows.labels))[rows.predicted]
        found = class_samples(rows.actual, rows.predicted, answers, draws, probabilities=False)
        return {metric: found[metric] for metric in ("accuracy", "macro_f1", "weighted_f1") if metric in found}
    values = rows.probabilities[:, 1] if binary else rows.probabilities
    return class_samples(rows.actual, rows.predicted, values, draws)


def _draws(num_rows: int, config: Config, cost: int = 1) -> Draws:
    """Return how rows are drawn: of a series in blocks of whole examples, unless some of their steps are left out."""
    window = config.preprocessing.window
    horizon = window.horizon if window is not None and num_rows % window.horizon == 0 else None
    return draws_of(num_rows, horizon, cost=cost)
