"""From prepared tables to rows in order of time and their examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.clock import Clock, read_clock
from dlrun.data.columns import feature_columns
from dlrun.data.frequency import FILLED, with_regular_rows
from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, row_words, with_frame
from dlrun.data.prepare.groups import clock_of, series_of
from dlrun.data.series import Series
from dlrun.data.table import Table
from dlrun.data.times import read_times
from dlrun.data.windows import NO_PART, WindowShape, part_of_examples, segments_of, window_ends
from dlrun.errors import DataError

if TYPE_CHECKING:
    from dlrun.config.config import Config

Array = np.ndarray[Any, Any]
_WINDOW = ("preprocessing", "window")


def in_order(table: Table, context: Context) -> Table:
    """Return the rows in order of the clock, so that the last rows are the latest; equal times keep their order."""
    if context.config.preprocessing.window is None or clock_column(table, context) is None:
        return table
    order = np.argsort(_times(table, context), kind="stable")
    if (np.diff(order) == 1).all():
        return table
    context.notes.append(f"The rows were put in order of '{clock_column(table, context)}'.")
    return with_frame(table, table.frame.iloc[order])


def build_series(tables: Sequence[Table], parts: Mapping[str, Table], context: Context) -> Series:
    """Return the rows of all parts in order of time, and their examples.

    Args:
        tables: The prepared rows of the training file and of other parts' own files, each in order of time.
        parts: The rows of each part.
        context: The circumstances of the prepare steps.

    Raises:
        DataError: If a part has no example.
    """
    series = series_rows(tables, context)
    index = series.table.frame.index.to_numpy()
    numbers = np.full(max((int(t.frame.index.max()) for t in tables if len(t)), default=0) + 1, NO_PART)
    for number, table in enumerate(parts.values()):
        numbers[table.frame.index.to_numpy()] = number
    ends = window_ends(series.shape, series.segments)
    ends = ends[index[ends] != FILLED]
    owner = part_of_examples(series.shape, ends, np.where(index == FILLED, NO_PART, numbers[index]))
    series.ends = {part: ends[owner == number] for number, part in enumerate(parts)}
    _check_filled(series, parts, context.config)
    return series


def series_rows(tables: Sequence[Table], context: Context) -> Series:
    """Return rows in order of time, without examples."""
    config = context.config
    window = config.preprocessing.window
    assert window is not None
    shape = WindowShape(window.length, window.horizon, window.gap, window.stride)
    table, ticks = _joined(tables, context)
    kept = _known_past(table, config)
    table, ticks = with_frame(table, table.frame[kept]), ticks[kept]
    column = clock_column(table, context)
    numbers, names = _series_numbers(table, context)
    order = np.lexsort((np.arange(len(table)), ticks if column is None else _times(table, context), numbers))
    table, numbers, ticks = with_frame(table, table.frame.iloc[order]), numbers[order], ticks[order]
    clock = Clock(ticks, 1.0, is_time=False) if column is None else read_clock(_times(table, context), numbers)
    notes: list[str] = []
    if config.data is not None and config.data.frequency is not None:
        notes = _notes(table, numbers, clock, column, _times(table, context), "")
        table, times, numbers = with_regular_rows(table, _times(table, context), numbers, config)
        clock = read_clock(times, numbers)
        filled = int((table.frame.index == FILLED).sum())
        notes.append(f"data.frequency fills {filled:,} rows; none of them is a label, and no window ends with one.")
    segments = segments_of(numbers, clock.ticks)
    season = config.evaluate.season or clock.season
    series = Series(table, shape, numbers, segments, clock, column, season, names=names)
    series.notes = notes or _notes(table, numbers, clock, column, series.times())
    return series


def clock_column(table: Table, context: Context) -> str | None:
    """Return the clock's column: `data.time`, else `split.time`, else the last `sort_by`; None without any."""
    found = clock_of(table, context)
    window = context.config.preprocessing.window
    return None if found is None or (window is not None and found[0] == window.series) else found[0]


def _times(table: Table, context: Context) -> Array:
    name = clock_column(table, context)
    assert name is not None
    column = table.frame[name]
    if column.dtype == object:
        column = read_times(column, None, lambda number: row_words(table, number))
    return column.to_numpy()


def _joined(tables: Sequence[Table], context: Context) -> tuple[Table, Array]:
    """Return the tables as one, and each row's place in its series; between two files without a clock is a gap."""
    import pandas as pd

    if len(tables) == 1:
        table = tables[0]
    else:
        columns = [name for name in tables[0].frame.columns if all(name in t.frame.columns for t in tables)]
        table = with_frame(tables[0], pd.concat([t.frame[columns] for t in tables]))
    numbers, _ = _series_numbers(table, context)
    order = np.argsort(numbers, kind="stable")
    first = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    places = np.empty(len(table))
    places[order] = np.arange(len(table)) - np.repeat(first, np.diff(first, append=len(table)))
    return table, places + np.repeat(np.arange(len(tables)), [len(t) for t in tables])


def _series_numbers(table: Table, context: Context) -> tuple[Array, list[str]]:
    window = context.config.preprocessing.window
    if window is None or window.series is None:
        return np.zeros(len(table), dtype=np.int64), []
    name = column_name(window.series)
    missing = table.frame[name].isna()
    if missing.any():
        where = row_words(table, int(table.frame.index.to_numpy()[missing.to_numpy().argmax()]))
        raise DataError(context.config.problem((*_WINDOW, "series"), f"column '{name}' has no value in {where}"))
    numbers = series_of(table, context)
    first = np.unique(numbers, return_index=True)[1]
    return numbers, [str(value) for value in table.frame[name].iloc[first]]


def _known_past(table: Table, config: Config) -> Array:
    """Return the rows whose target, where it is looked back at, has a value `(num_rows,)`."""
    assert config.data is not None
    names = [*table.frame.columns, *table.tensors]
    targets = [n for n in map(column_name, config.data.target) if n in table.frame.columns]
    targets = [n for n in targets if n in feature_columns(config, names)]
    return np.asarray(table.frame[targets].notna().all(axis=1).to_numpy())


def _notes(
    table: Table, numbers: Array, clock: Clock, column: str | None, times: Array, then: str = " No window crosses them."
) -> list[str]:
    """Say which times are there twice, and which are missing."""
    notes = []
    inside = np.flatnonzero(np.diff(numbers) == 0) + 1
    steps = clock.ticks[inside] - clock.ticks[inside - 1]
    index = table.frame.index.to_numpy()
    twice = inside[steps == 0]
    if len(twice):
        rows = "row has" if len(twice) == 1 else "rows have"
        first = f"the first: {row_words(table, int(index[twice[0]]))}, {_shown(times[twice[0]])}"
        notes.append(f"{len(twice):,} {rows} the same time as the row before ({first}). drop_duplicates keeps one.")
    gaps = inside[steps > 1 + 1e-6]
    if len(gaps):
        lacking = int(np.round(steps[steps > 1 + 1e-6] - 1).clip(1).sum())
        places = "1 gap" if len(gaps) == 1 else f"{len(gaps):,} gaps"
        step = f"of {clock.words} " if column is not None else ""
        many = f"{lacking:,} step{'s' if lacking > 1 else ''} {step}{'are' if lacking > 1 else 'is'} missing"
        notes.append(f"{places} in time: {many}, the first after {_shown(times[gaps[0] - 1])}.{then}")
    return notes


def _shown(time: Any) -> str:
    return str(time.astype("datetime64[s]")).replace("T", " ") if isinstance(time, np.datetime64) else f"{time:g}"


def _check_filled(series: Series, parts: Mapping[str, Table], config: Config) -> None:
    shape = series.shape
    longest = int(np.bincount(series.segments).max()) if len(series.segments) else 0
    label = f"{shape.horizon} row{'s' if shape.horizon > 1 else ''}"
    label += f" after a gap of {shape.gap}" if shape.gap else ""
    problems = [
        config.problem(
            _WINDOW,
            f"the {part} part has {len(parts[part]):,} rows, and no window of {shape.length} rows whose label "
            f"({label}) lies in it; {longest:,} rows is the longest stretch without a gap",
            "Set a smaller length or horizon, or a larger part.",
        )
        for part, ends in series.ends.items()
        if not len(ends)
    ]
    if problems:
        raise DataError(*problems)
