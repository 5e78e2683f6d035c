"""`datetime: {time: [year, month, day, hour]}` or `{time: {column: c, format: "%m/%d/%Y"}}`: make a time column."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.data.dtypes import first_row, is_number, is_text, is_time
from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, row_words, with_columns
from dlrun.data.table import Table
from dlrun.data.times import read_times
from dlrun.errors import DataError

_SECONDS = {"hour": 3600, "minute": 60, "second": 1}
_UNITS = ("year", "month", "day", "hour", "minute", "second")


def datetime(table: Table, value: Any, context: Context) -> Table:
    """Return the table with new time columns.

    `[a, b, c]` are year, month, day, hour, minute, second in that order, whatever the columns are called; if the first
    is a date already (or ISO text), those after it are hour, minute, second. A single column, or `{column: c}`
    without a format, must be ISO.

    Raises:
        DataError: If a cell, or a row's numbers, make no time.
    """
    for written, given in context.mapping(value, "{time: [year, month, day]}").items():
        format_ = None
        if isinstance(given, dict):
            unknown = set(given) - {"column", "format"}
            if unknown or "column" not in given:
                raise context.wrong("expected column and format", 'Write {column: c, format: "%d/%m/%Y"}.', written)
            names, format_ = [given["column"]], given.get("format")
        else:
            names = context.names(given)
        wanted = context.present(table, names, written)
        if len(wanted) < len(names):
            context.absent.add(column_name(written))
            continue
        time = _parsed(table, wanted[0], format_, context) if len(wanted) == 1 else _joined(table, wanted, context)
        table = with_columns(table, {column_name(written): time})
    return table


def _parsed(table: Table, name: str, format_: str | None, context: Context) -> Any:
    try:
        return read_times(table.frame[name], format_, lambda number: row_words(table, number))
    except DataError as error:
        (problem,) = error.problems
        fix = f'Say how it is written: datetime: {{{name}: {{column: {name}, format: "%d/%m/%Y"}}}}.'
        raise context.bad_value(problem.what, fix) from error


def _joined(table: Table, names: list[str], context: Context) -> Any:
    import pandas as pd

    first = table.frame[names[0]]
    units: tuple[str, ...]
    if is_time(first) or is_text(first):
        days, names, units = _parsed(table, names[0], None, context), names[1:], _UNITS[3:]
    else:
        days, units = None, _UNITS
    if len(names) > len(units) or (days is None and len(names) < 3):
        raise context.wrong("expected year, month, day and then at most hour, minute, second")
    for name in names:
        if not is_number(table.frame[name]):
            raise context.wrong(f"column '{name}' holds no numbers", "Make it a number first: prepare: to_number.")
    numbers = dict(zip(units, (table.frame[name] for name in names), strict=False))
    missing = np.logical_or.reduce([column.isna().to_numpy() for column in numbers.values()])
    if days is None:
        date = pd.DataFrame({unit: numbers[unit] for unit in _UNITS[:3]}, index=table.frame.index)
        days = pd.to_datetime(date, errors="coerce")
    _check_ranges(table, numbers, np.asarray(days.isna()) & ~missing, context)
    for unit in set(numbers) & set(_UNITS[3:]):
        days = days + pd.to_timedelta(numbers[unit] * _SECONDS[unit], unit="s")
    return days


def _check_ranges(table: Table, numbers: dict[str, Any], no_date: np.ndarray[Any, Any], context: Context) -> None:
    """Refuse month 13 and hour 25, which pandas makes missing, or another day."""
    strange = no_date.copy()
    for unit, top in (("hour", 23), ("minute", 59), ("second", 59.999999999)):
        if unit in numbers:
            strange |= ((numbers[unit] < 0) | (numbers[unit] > top)).to_numpy()
    if strange.any():
        number = first_row(strange, table.frame)
        said = ", ".join(f"{unit} {column[number]:g}" for unit, column in numbers.items())
        raise context.bad_value(f"{row_words(table, number)} makes no time: {said}")
