"""Forecasts judged: naive ones that cost nothing, and scores that say how much better than these a model is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.evaluation.regression import regression_scores

Array = np.ndarray[Any, Any]
Scores = dict[str, float | None]

MOST_SEASONS = 60  # how far back a season without a hole is looked for


@dataclass(frozen=True)
class Past:
    """What is known of a target when a forecast is made.

    Args:
        values: The target in all rows, NaN where it is not known `(num_rows,)`; a series' rows stand together.
        numbers: The number of each row's series.
        ticks: Each row's time in steps of the clock.
        ends: The rows after which forecasts begin `(num_examples,)`.
        labels: The rows that are forecast `(num_examples, horizon)`.
        length: Rows of a window.
        season: Rows in a season; None where there is none.
    """

    values: Array
    numbers: Array
    ticks: Array
    ends: Array
    labels: Array
    length: int
    season: int | None


def naive_forecasts(past: Past) -> Iterator[tuple[str, Array]]:
    """Yield the naive forecasts by name, `(num_examples, horizon)`; NaN where nothing is known to forecast from.

    - last_value: the latest known value.
    - last_season: the value a whole number of seasons before the label, the latest known at the time.
    - moving_average: the mean over the window.
    """
    horizon = past.labels.shape[1]
    yield "last_value", np.repeat(_last_known(past)[:, None], horizon, axis=1)
    if past.season is not None:
        yield "last_season", _last_season(past, past.season)
    if past.length > 1:
        yield "moving_average", np.repeat(_moving_average(past)[:, None], horizon, axis=1)


def _last_known(past: Past) -> Array:
    known = ~np.isnan(past.values)
    at = np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))[past.ends]
    there = (at >= 0) & (past.numbers[at] == past.numbers[past.ends])
    return np.where(there, past.values[at], np.nan)


def _last_season(past: Past, season: int) -> Array:
    """Look up each label's time, seasons before; holes are stepped over by further seasons."""
    found = np.full(past.labels.shape, np.nan)
    span = float(past.ticks.max() - past.ticks.min()) + 2 * season * MOST_SEASONS + 2
    place = past.numbers * span + past.ticks - past.ticks.min()  # grows over all series
    wanted = place[past.labels] - season * np.ceil((past.ticks[past.labels] - past.ticks[past.ends][:, None]) / season)
    for _ in range(MOST_SEASONS):
        open_ = np.isnan(found)
        if not open_.any():
            break
        at = np.searchsorted(place, wanted[open_] - 0.5).clip(max=len(place) - 1)
        near = np.abs(place[at] - wanted[open_]) < 0.5
        found[open_] = np.where(near, past.values[at], np.nan)
        wanted -= season
    return found


def _moving_average(past: Past) -> Array:
    known = np.nan_to_num(past.values)
    sums = np.concatenate([[0.0], np.cumsum(known - known.mean())])
    counts = np.concatenate([[0], np.cumsum(~np.isnan(past.values))])
    total = sums[past.ends + 1] - sums[past.ends + 1 - past.length] + known.mean() * past.length
    count = counts[past.ends + 1] - counts[past.ends + 1 - past.length]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan)


BY_STEP = ("mae", "rmse", "mape", "smape", "mase", "rmsse", "r2")  # of the network


def naive_step(values: Array, segments: Array) -> dict[str, float | None]:
    """Return the mean absolute and mean squared step from one training row to the next, by which errors are scaled.

    Args:
        values: The target in the training rows `(num_rows,)`.
        segments: The stretch without a gap that each belongs to.
    """
    steps = np.diff(values)[np.diff(segments) == 0]
    steps = steps[~np.isnan(steps)]
    if not len(steps) or not (steps != 0).any():
        return {"absolute": None, "squared": None}
    return {"absolute": float(np.abs(steps).mean()), "squared": float((steps**2).mean())}


def forecast_scores(
    y_true: Array, y_pred: Array, step: Mapping[str, float | None], by_step: Collection[str] = ("mae",)
) -> Scores:
    """Return the scores of forecasts of one target, in its own units.

    Besides those of any numbers: smape, mean(2 |error| / (|true| + |predicted|)), a fraction; mase and rmsse, the error
    by the mean (squared) step from one training row to the next (Hyndman and Koehler 2006; Makridakis and others
    2022), below 1 where the model does better than "the same as the row before" did in training, one step ahead; and
    with a longer horizon mae.1, mae.2 .. by step.

    Args:
        y_true: `(num_examples, horizon)`.
        y_pred: Likewise; an example with a NaN, for which there is no forecast, is left out.
        step: From `naive_step`.
        by_step: The scores that are told of every step, too.
    """
    known = np.isfinite(y_pred).all(axis=1)
    y_true, y_pred = y_true[known], y_pred[known]
    scores = _scores(y_true, y_pred, step)
    if y_true.shape[1] > 1 and by_step:
        found = [_scores(y_true[:, n : n + 1], y_pred[:, n : n + 1], step) for n in range(y_true.shape[1])]
        scores |= {f"{name}.{n}": own[name] for name in by_step for n, own in enumerate(found, 1)}
    return scores


def _scores(y_true: Array, y_pred: Array, step: Mapping[str, float | None]) -> Scores:
    scores = regression_scores(y_true.ravel(), y_pred.ravel())
    mae, rmse = scores["mae"], scores["rmse"]
    absolute, squared = step.get("absolute"), step.get("squared")
    scores["smape"] = _smape(y_true, y_pred) if mae is not None else None
    scores["mase"] = mae / absolute if mae is not None and absolute else None
    scores["rmsse"] = rmse / float(np.sqrt(squared)) if rmse is not None and squared else None
    return scores


def _smape(y_true: Array, y_pred: Array) -> float:
    size = np.abs(y_true) + np.abs(y_pred)
    error = 2 * np.abs(y_pred - y_true)
    return float(np.divide(error, size, out=np.zeros_like(error), where=size > 0).mean())
