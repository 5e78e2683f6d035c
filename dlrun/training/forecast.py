"""The values after the end of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import ConfigError, DataError, Problem
from dlrun.training.examples import Array
from dlrun.training.results import answers_of
from dlrun.training.rows import inputs_of
from dlrun.training.windows import WindowExamples

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.data.series import Series
    from dlrun.data.table import Table
    from dlrun.training.run import Run

LOW, HIGH = 0.05, 0.95  # quantiles of the residuals: 90 of 100 values should lie between
FEWEST = 20  # residuals, of which quantiles are taken
MOST_TRIALS = 300  # examples on which recursive forecasts are tried


@dataclass(frozen=True)
class Forecast:
    """Values after the end of the data.

    Args:
        frame: time (with a clock), series (where there are several), step, and for each target `<target>_predicted`,
            `<target>_low`, `<target>_high`.
        targets: The targets.
        past: Per series, its last times and values by target: what a plot shows before the forecast.
        recursive: Whether forecasts were made from forecasts.
        notes: What the user should know, as whole sentences.
    """

    frame: pd.DataFrame
    targets: tuple[str, ...]
    past: dict[str, tuple[Array, dict[str, Array]]]
    recursive: bool
    notes: list[str] = field(default_factory=list)


def forecast(
    run: Run, *, steps: int | None = None, sources: Sequence[str | Path] | pd.DataFrame | None = None
) -> Forecast:
    """Forecast what comes after the last row of each series.

    Up to the window's horizon the network answers directly. Beyond it, its answers become its inputs, which it can do
    where it sees nothing but the targets' own past.

    Args:
        run: A run with a window.
        steps: How many values; default: the horizon.
        sources: Rows that end where the forecast is to begin; default: the run's own data.

    Raises:
        ConfigError: If the run has no window, does not forecast numbers, or cannot look so far ahead.
        DataError: If the rows cannot be used, or end in fewer than a window has.
    """
    _check(run, steps)
    series = _series(run, sources)
    window = series.shape
    steps = steps or window.horizon
    ends, left_out = _last_rows(series)
    frame = series.table.frame.iloc[window.input_rows(ends).ravel()]
    values = _ahead(run, series.table, frame, len(ends), steps)
    low, high, notes = _intervals(run, steps)
    return Forecast(
        _as_frame(run, series, ends, values, low, high),
        _targets(run),
        _past(series, ends, _targets(run)),
        steps > window.horizon,
        left_out + notes,
    )


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
    unknown = [name for name in run.preprocessor.features if name not in _targets(run)]
    if unknown or window.gap:
        shown = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        why = f"{shown} would have to be known in the future" if unknown else f"window.gap is {window.gap}"
        what = f"this network looks {window.horizon} step{'s' if window.horizon > 1 else ''} ahead, not {steps}: {why}"
        only = f"data.features: [{', '.join(_targets(run))}]"
        raise ConfigError(Problem(what, f"Train with a larger window.horizon, or on the target's past alone: {only}."))


def _targets(run: Run) -> tuple[str, ...]:
    return tuple(target for head in run.preprocessor.targets.heads for target in head.targets)


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


def _ahead(run: Run, table: Table, frame: pd.DataFrame, count: int, steps: int) -> Array:
    """Return forecasts `(num_windows, steps, num_targets)` of windows.

    Args:
        run: The run.
        table: The table that the rows come from.
        frame: The windows' rows, one window after another.
        count: How many windows there are.
        steps: How many steps ahead.
    """
    import pandas as pd

    targets = list(_targets(run))
    values = _answers(run, table, frame, count)
    while values.shape[1] < steps:
        known = frame[targets].to_numpy(np.float64).reshape(count, -1, len(targets))
        length = known.shape[1]
        rows = np.concatenate([known, values], axis=1)[:, -length:].reshape(-1, len(targets))
        fed = pd.DataFrame(rows, columns=targets, index=frame.index)
        values = np.concatenate([values, _answers(run, table, fed, count)], axis=1)
    return values[:, :steps]


def _answers(run: Run, table: Table, frame: pd.DataFrame, count: int) -> Array:
    from dlrun.data.prepare.context import with_frame
    from dlrun.data.windows import WindowShape

    window = run.config.preprocessing.window
    assert window is not None
    ends = (np.arange(count) + 1) * window.length - 1
    x = inputs_of(run.preprocessor, with_frame(table, frame))
    examples = WindowExamples(x, ends, WindowShape(window.length, window.horizon, window.gap))
    answers = answers_of(run.preprocessor, run.forward, examples)
    heads = run.preprocessor.targets.heads
    return np.concatenate([answers[h.output].reshape(count, window.horizon, -1) for h in heads], axis=2)


def _intervals(run: Run, steps: int) -> tuple[Array, Array, list[str]]:
    """Return what to add to forecasts for the lower and the upper bound `(steps, num_targets)`, and notes."""
    from dlrun.data.load import load_dataset
    from dlrun.errors import DlrunError

    try:
        series = load_dataset(run.config).series
    except DlrunError:  # the run's own data is gone; its forecasts are still worth having
        series = None
    nothing = np.full((steps, len(_targets(run))), np.nan)
    part = None if series is None else next((p for p in ("validation", "test", "train") if p in series.ends), None)
    if series is None or part is None:
        return nothing, nothing, ["No intervals: the run's own data cannot be read."]
    residuals = _residuals(run, series, series.ends[part], steps)
    low, high = nothing.copy(), nothing.copy()
    for step in range(steps):
        known = residuals[:, step][~np.isnan(residuals[:, step]).any(axis=1)]
        if len(known) >= FEWEST:
            low[step], high[step] = np.quantile(known, [LOW, HIGH], axis=0)
    notes = [f"The intervals hold 90 % of the {part} residuals at the same distance."]
    if part == "train":
        notes.append("They are too narrow, for the network was trained on these rows: give it validation rows.")
    if np.isnan(low).any():
        notes.append(f"Some steps have no interval: fewer than {FEWEST} residuals look so far ahead.")
    return low, high, notes


def _residuals(run: Run, series: Series, ends: Array, steps: int) -> Array:
    """Return actual minus forecast of examples `(num_examples, steps, num_targets)`, NaN where nothing is known."""
    window, targets = series.shape, list(_targets(run))
    chosen = ends[np.unique(np.linspace(0, len(ends) - 1, min(len(ends), MOST_TRIALS)).astype(np.int64))]
    frame = series.table.frame
    values = _ahead(run, series.table, frame.iloc[window.input_rows(chosen).ravel()], len(chosen), steps)
    rows = chosen[:, None] + window.gap + np.arange(1, steps + 1)
    inside = np.minimum(rows, len(frame) - 1)
    same = (rows < len(frame)) & (series.segments[inside] == series.segments[chosen][:, None])
    actual = frame[targets].to_numpy(np.float64)[inside]
    return np.where(same[:, :, None], actual - values, np.nan)


def _as_frame(run: Run, series: Series, ends: Array, values: Array, low: Array, high: Array) -> pd.DataFrame:
    import pandas as pd

    count, steps, _ = values.shape
    columns: dict[str, Any] = {}
    if series.column is not None:
        columns["time"] = np.concatenate([_times_after(series, int(end), steps) for end in ends])
    if series.names:
        columns["series"] = np.repeat(np.array(series.names, dtype=object)[series.numbers[ends]], steps)
    columns["step"] = np.tile(np.arange(1, steps + 1) + series.shape.gap, count)
    for place, target in enumerate(_targets(run)):
        columns[f"{target}_predicted"] = values[:, :, place].ravel()
        columns[f"{target}_low"] = (values + low)[:, :, place].ravel()
        columns[f"{target}_high"] = (values + high)[:, :, place].ravel()
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
