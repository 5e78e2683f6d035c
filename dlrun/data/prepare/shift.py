"""`shift: {AvgTemp: -1}`: move a column down by rows (up, if negative), as pandas's shift does."""

from __future__ import annotations

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
            table = shifted(table, source, name, rows, context)
        else:
            context.absent.add(name)
    return table


def shifted(table: Table, source: str, name: str, rows: int, context: Context) -> Table:
    """Return the table with column `name`: the value of `source` so many rows before, in the same series."""
    filled = table.frame.index.isin(table.imputed.get(source, frozenset()))
    places = _places(series_of(table, context), rows)
    there = places >= 0
    moved = table.frame[source].iloc[np.maximum(places, 0)].set_axis(table.frame.index).where(there)
    marks = frozenset(table.frame.index[there & filled[np.maximum(places, 0)]].tolist())
    changed = with_columns(table, {name: moved})
    return with_frame(changed, changed.frame, imputed={**table.imputed, name: marks})


def _places(series: np.ndarray[Any, Any], rows: int) -> np.ndarray[Any, Any]:
    """Return the position that each row's value comes from, -1 for none."""
    order = np.argsort(series, kind="stable")
    sorted_series = series[order]
    at = np.arange(len(series)) - rows
    inside = (at >= 0) & (at < len(series))
    inside[inside] = sorted_series[at[inside]] == sorted_series[inside]
    places = np.full(len(series), -1)
    places[order[inside]] = order[at[inside]]
    return places
