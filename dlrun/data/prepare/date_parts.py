"""`date_parts: {column: DateTime, parts: [weekday, hour]}`: numbers taken from a time, as columns of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, row_words, with_columns
from dlrun.data.table import Table
from dlrun.data.times import read_times
from dlrun.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("year", "quarter", "month", "week", "day", "dayofyear", "weekday", "weekend", "hour", "minute")


def date_parts(table: Table, value: Any, context: Context) -> Table:
    """Return the table with columns `<column>_<part>`: whole numbers, missing where the time is.

    `week` is the ISO week, `weekday` 0 on Monday, `weekend` 1 on Saturday and Sunday, else 0.

    Raises:
        ConfigError: If there is no such part.
        DataError: If the column is text, and a cell is no ISO time.
    """
    for item in value if isinstance(value, list) else [value]:
        told = context.mapping(item, "{column: DateTime, parts: [weekday, hour]}")
        if set(told) - {"column", "parts"} or not set(told) >= {"column", "parts"}:
            raise context.wrong("expected column and parts", "Write {column: DateTime, parts: [weekday, hour]}.")
        parts = told["parts"] if isinstance(told["parts"], list) else [told["parts"]]
        for part in parts:
            if part not in PARTS:
                raise context.wrong(f"unknown part '{part}'", did_you_mean(str(part), PARTS), "parts")
        if context.present(table, [told["column"]], "column"):
            table = _with_parts(table, column_name(told["column"]), parts, context)
    return table


def _with_parts(table: Table, name: str, parts: list[str], context: Context) -> Table:
    try:
        times = read_times(table.frame[name], None, lambda number: row_words(table, number))
    except DataError as error:
        (problem,) = error.problems
        raise context.bad_value(
            problem.what, "Read it first: read: {parse_dates, date_format}, or datetime."
        ) from error
    return with_columns(table, {f"{name}_{part}": _part(times, part) for part in parts})


def _part(times: pd.Series, part: str) -> Any:
    if part == "week":
        return times.dt.isocalendar()["week"].astype("float64" if times.isna().any() else "int64")
    if part == "weekend":
        return (times.dt.day_of_week >= 5).astype("int64").where(times.notna())
    return getattr(times.dt, {"dayofyear": "day_of_year", "weekday": "day_of_week"}.get(part, part))
