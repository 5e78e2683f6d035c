"""The values after the end of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import ConfigError, DataError, Problem
from dlrun.training.ahead import look_ahead, targets_of
from dlrun.training.examples import Array
from dlrun.training.intervals import RESIDUALS, check_kind, intervals_of

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.data.series import Series
    from dlrun.training.intervals import Intervals
    from dlrun.training.run import Run


@dataclass(frozen=True)
class Forecast:
    """Values after the end of the data.

    Args:
        frame: time (with a clock), series (where there are several), step, and for each target `<target>_predicted`,
            `<target>_low`, `<target>_high`.
        targets: The targets.
        past: Per series, its last times and values by target: what a plot shows before the forecast.
        notes: What the user should know, as whole sentences.
    """

    frame: pd.DataFrame
    targets: tuple[str, ...]
    past: dict[str, tuple[Array, dict[str, Array]]]
    notes: list[str] = field(default_factory=list)


def forecast(
    run: Run,
    *,
    steps: int | None = None,
    sources: Sequence[str | Path] | pd.DataFrame | None = None,
    intervals: str = RESIDUALS,
) -> Forecast:
    """Forecast what comes after the last row of each series.

    Up to the window's horizon the network answers directly. Beyond it, its answers become its inputs, which it can do
    where it sees nothing but the targets' own past.

    Args:
        run: A run with a window.
        steps: How many values; default: the horizon.
        sources: Rows that end where the forecast is to begin; default: the run's own data.
        intervals: "residuals" of the validation rows, or "dropout": forecasts with dropout on.

    Raises:
        ConfigError: If the run has no window, does not forecast numbers, or cannot look so far ahead.
        DataError: If the rows cannot be used, or end in fewer than a window has.
    """
    _check(run, steps)
    check_kind(run, intervals)
    series = _series(run, sources)
    window = series.shape
    steps = steps or window.horizon
    ends, left_out = _last_rows(series)
    values = look_ahead(run, series, ends, steps)
    found = intervals_of(run, series, ends, values, intervals)
    return Forecast(
        _as_frame(run, series, ends, values, found),
        targets_of(run),
        _past(series, ends, targets_of(run)),
        left_out + found.notes + _made_from_forecasts(window.horizon, steps),
    )


def _made_from_forecasts(horizon: int, steps: int) -> list[str]:
    if steps <= horizon:
        return []
    reach = "1 step" if horizon == 1 else f"{horizon} steps"
    return [f"From step {horizon + 1} on, forecasts are made from forecasts, for the network looks {reach} ahead."]


def _check(run: Run, steps: int | None) -> None:
    config = run.config
    window = config.preprocessing.window
    if window is None:
        fix = "dlrun predict is for rows of a table."
        raise ConfigError(Problem(f"{run.dir.name} has no preprocessing.window, so it forecasts no series", fix))
    if any(head.task != "regression" for head in run.preprocessor.targets.heads):
        raise ConfigError(Problem("forecasts are of numbers, and this run predicts classes"))
    if steps is None or steps <= window.horizon:
        return
    unknown = [name for name in run.preprocessor.features if name not in targets_of(run)]
    if unknown or window.gap:
        shown = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        why = f"{shown} would have to be known in the future" if unknown else f"window.gap is {window.gap}"
        what = f"this network looks {window.horizon} step{'s' if window.horizon > 1 else ''} ahead, not {steps}: {why}"
        only = f"data.features: [{', '.join(targets_of(run))}]"
        raise ConfigError(Problem(what, f"Train with a larger window.horizon, or on the target's past alone: {only}."))


def _series(run: Run, sources: Sequence[str | Path] | pd.DataFrame | None) -> Series:
    from dlrun.data.load import load_dataset, load_past

    if sources is not None:
        return load_past(sources, run.config)
    series = load_dataset(run.config).series
    assert series is not None
    return series


def _last_rows(series: Series) -> tuple[Array, list[str]]:
    """Return the last row of each series, at which the last window ends; series that are too short are left out."""
    last = np.flatnonzero(np.diff(series.numbers, append=-1))
    sizes = np.bincount(series.segments)[series.segments[last]]
    short = sizes < series.shape.length
    if short.all():
        what = f"the rows end in {sizes.max()} without a gap, and a window has {series.shape.length}"
        raise DataError(Problem(what, "Add the rows before them."))
    names = ", ".join(f"'{series.names[series.numbers[row]]}'" for row in last[short]) if series.names else ""
    left = f"No forecast of series {names}: it ends in fewer rows without a gap than a window has."
    return last[~short], [left] if short.any() else []


def _as_frame(run: Run, series: Series, ends: Array, values: Array, found: Intervals) -> pd.DataFrame:
    import pandas as pd

    count, steps, _ = values.shape
    columns: dict[str, Any] = {}
    if series.column is not None:
        columns["time"] = np.concatenate([_times_after(series, int(end), steps) for end in ends])
    if series.names:
        columns["series"] = np.repeat(np.array(series.names, dtype=object)[series.numbers[ends]], steps)
    columns["step"] = np.tile(np.arange(1, steps + 1) + series.shape.gap, count)
    for place, target in enumerate(targets_of(run)):
        columns[f"{target}_predicted"] = values[:, :, place].ravel()
        columns[f"{target}_low"] = found.low[:, :, place].ravel()
        columns[f"{target}_high"] = found.high[:, :, place].ravel()
    return pd.DataFrame(columns)


def _times_after(series: Series, end: int, steps: int) -> Array:
    clock, last = series.clock, series.times()[end]
    ahead = range(series.shape.gap + 1, series.shape.gap + steps + 1)
    if not clock.is_time:
        return np.array([last + clock.step * step for step in ahead])
    return np.array([clock.time_after(last, step) for step in ahead], dtype="datetime64[ns]")


def _past(
    series: Series, ends: Array, targets: Sequence[str], rows: int = 200
) -> dict[str, tuple[Array, dict[str, Array]]]:
    times = series.times()
    past = {}
    for number in series.numbers[ends]:
        own = np.flatnonzero(series.numbers == number)[-rows:]
        name = series.names[number] if series.names else ""
        values = {target: series.table.frame[target].to_numpy(np.float64)[own] for target in targets}
        past[name] = (times[own], values)
    return past
