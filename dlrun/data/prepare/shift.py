"""`shift: {AvgTemp: -1}`: move a column down by rows (up, if negative), as pandas's shift does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, with_columns, with_frame
from dlrun.data.prepare.groups import series_of
from dlrun.data.table import Table


def shift(table: Table, value: Any, context: Context) -> Table:
    """Return the table with columns shifted inside each series; rows that nothing moves into are missing.

    `{next_week: {column: AvgTemp, rows: -1}}` makes a new column and leaves the old one as it is.
    """
    for written, told in context.mapping(value, "{AvgTemp: -1}").items():
        name = column_name(written)
        source, rows = name, told
        if isinstance(told, dict):
            if set(told) != {"column", "rows"}:
                raise context.wrong("expected column and rows", "Write {column: AvgTemp, rows: -1}.", written)
            source, rows = column_name(told["column"]), told["rows"]
        if isinstance(rows, bool) or not isinstance(rows, int):
            raise context.wrong("expected a whole number of rows", "Write -1 for the next row's value.", written)
        if context.present(table, [source], written):
            table = shifted(table, source, {name: rows}, context)
        else:
            context.absent.add(name)
    return table


def shifted(table: Table, source: str, rows: Mapping[str, int], context: Context) -> Table:
    """Return the table with columns that hold the value of `source` so many rows before, in the same series.

    Args:
        table: The table.
        source: A column.
        rows: Name of a column to the number of rows.
        context: What steps know.
    """
    frame = table.frame
    filled = frame.index.isin(table.imputed.get(source, frozenset()))
    series = series_of(table, context)
    moved, marks = {}, {}
    for name, number in rows.items():
        places = _places(series, number)
        there = places >= 0
        moved[name] = frame[source].iloc[np.maximum(places, 0)].set_axis(frame.index).where(there)
        marks[name] = frozenset(frame.index[there & filled[np.maximum(places, 0)]].tolist())
    changed = with_columns(table, moved)
    return with_frame(changed, changed.frame, imputed={**table.imputed, **marks})


def _places(series: np.ndarray[Any, Any], rows: int) -> np.ndarray[Any, Any]:
    """Return the position that each row's value comes from, -1 for none."""
    order = np.argsort(series, kind="stable")
    sorted_series = series[order]
    at = np.arange(len(series)) - min(max(rows, -len(series)), len(series))  # beyond them all is as far as it goes
    inside = (at >= 0) & (at < len(series))
    inside[inside] = sorted_series[at[inside]] == sorted_series[inside]
    places = np.full(len(series), -1)
    places[order[inside]] = order[at[inside]]
    return places
