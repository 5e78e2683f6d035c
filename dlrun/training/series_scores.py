"""Scores of forecasts, and those of naive ones and of a linear model on the same windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.evaluation.linear import LinearForecast, fit_linear
from dlrun.evaluation.scores import flat_names
from dlrun.evaluation.series import BY_STEP, Past, forecast_scores, naive_forecasts, naive_step
from dlrun.training.examples import Array
from dlrun.training.windows import WindowExamples

if TYPE_CHECKING:
    from dlrun.config.heads import Head
    from dlrun.data.series import SeriesPart
    from dlrun.preprocessing.preprocessor import Preprocessor

STEPS, LINEAR, SEASON = "steps", "linear", "season"
OF_WINDOWS = ""  # the key, beside the targets', of what naive forecasts learned


def learn_forecasts(
    preprocessor: Preprocessor, part: SeriesPart, examples: WindowExamples, truths: Mapping[str, Array]
) -> dict[str, Any]:
    """Return what naive forecasts learn from the training examples, as JSON values."""
    heads = _heads(preprocessor)
    segments = part.series.segments
    used = np.zeros(len(segments), dtype=bool)
    used[part.label_rows.ravel()] = True
    steps = {t: naive_step(_values(part, t)[used], segments[used]) for head in heads for t in head.targets}
    rows = _flat_rows(examples)
    linear = {}
    for head in heads:
        y = truths[head.output].reshape(len(part), -1)
        model = fit_linear(rows, examples.ends, part.shape.length, y) if rows is not None else None
        if model is not None:
            linear[head.output] = model.to_json()
    return {OF_WINDOWS: {STEPS: steps, LINEAR: linear, SEASON: part.series.season}}


def season_of_values(part: SeriesPart, targets: Sequence[str]) -> int | None:
    """Return the season that the training rows show, in the first target and the series with most rows; None if none.

    Args:
        part: The training examples.
        targets: The targets.
    """
    from dlrun.data.dtypes import is_number
    from dlrun.evaluation.look import FEWEST, find_season, on_grid

    series = part.series
    if not is_number(series.table.frame[targets[0]]):
        return None
    labels = np.unique(part.label_rows)
    rows = labels[series.numbers[labels] == np.bincount(series.numbers[labels]).argmax()]
    values = on_grid(_values(part, targets[0])[rows], series.clock.ticks[rows])
    return find_season(values) if len(values) >= FEWEST and np.ptp(values) > 0 else None


def score_forecasts(
    preprocessor: Preprocessor,
    part: SeriesPart,
    examples: WindowExamples,
    truths: Mapping[str, Array],
    answers: Mapping[str, Array],
    naive: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the network's scores, and those of each naive forecast.

    Args:
        preprocessor: Knows the targets.
        part: The examples' rows.
        examples: The examples.
        truths: Output to true values `(num_examples * horizon, num_targets)`.
        answers: Output to the network's, likewise.
        naive: What `learn_naive` gave.
    """
    learned = naive[OF_WINDOWS]
    season = part.series.season or learned.get(SEASON)
    heads = _heads(preprocessor)
    several = sum(len(head.targets) for head in preprocessor.targets.heads) > 1
    scores: dict[str, Any] = {}
    baselines: dict[str, dict[str, Any]] = {}
    for head in heads:
        shape = (len(part), part.shape.horizon, len(head.targets))
        truth, answer = truths[head.output].reshape(shape), answers[head.output].reshape(shape)
        for place, target in enumerate(head.targets):
            step, y = learned[STEPS][target], truth[:, :, place]
            scores |= flat_names({target: forecast_scores(y, answer[:, :, place], step, BY_STEP)}, several)
            for name in ("mean", "median"):  # the same at every step
                found = forecast_scores(y, np.full(y.shape, naive[target][name], np.float64), step, ())
                baselines.setdefault(name, {}).update(flat_names({target: found}, several))
            for name, forecast in _forecasts(part, season, examples, target, place, learned[LINEAR].get(head.output)):
                found = flat_names({target: forecast_scores(y, forecast, step)}, several)
                baselines.setdefault(name, {}).update(found)
    return scores, baselines


def _forecasts(
    part: SeriesPart,
    season: int | None,
    examples: WindowExamples,
    target: str,
    place: int,
    linear: dict[str, Any] | None,
) -> Iterator[tuple[str, Array]]:
    series = part.series
    yield from naive_forecasts(
        Past(
            _values(part, target), series.numbers, series.clock.ticks, part.ends, part.label_rows,
            part.shape.length, season,
        )
    )  # fmt: skip
    rows = _flat_rows(examples)
    if linear is not None and rows is not None:
        found = LinearForecast.from_json(linear).predict(rows, examples.ends)
        yield "linear", found.reshape(len(part), part.shape.horizon, -1)[:, :, place]


def _heads(preprocessor: Preprocessor) -> list[Head]:
    return [head for head in preprocessor.targets.heads if head.task == "regression"]


def _values(part: SeriesPart, target: str) -> Array:
    return np.asarray(part.series.table.frame[target].to_numpy(), dtype=np.float64)


def _flat_rows(examples: WindowExamples) -> Array | None:
    """Return all inputs side by side `(num_rows, num_features)`; None where one has further axes, or is of codes."""
    rows = list(examples.x.values())
    if any(array.ndim != 2 or array.dtype.kind != "f" for array in rows):
        return None
    return rows[0] if len(rows) == 1 else np.concatenate(rows, axis=1)
