"""Groups of rows that belong together: of one part and one series. Values go from row to row inside a group only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.dtypes import first_row
from dlrun.data.prepare.context import Context, row_words
from dlrun.data.table import Table
from dlrun.data.times import read_times

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]


def series_of(table: Table, context: Context) -> Array:
    """Return the number of each row's series `(num_rows,)`: all 0 without `window.series`."""
    import pandas as pd

    window = context.config.preprocessing.window
    if window is None or window.series is None or window.series not in table.frame.columns:
        return np.zeros(len(table), dtype=np.int64)
    return pd.factorize(table.frame[window.series])[0]


def groups_of(table: Table, context: Context) -> list[Array]:
    """Return the positions of the rows of each part and series, in the table's order."""
    series = series_of(table, context)
    parts = context.part_numbers(table)
    keys = (series + 1) * 8 + parts + 1
    order = np.argsort(keys, kind="stable")
    borders = np.flatnonzero(np.diff(keys[order])) + 1
    return [positions for positions in np.split(order, borders) if len(positions)]


def clock_of(table: Table, context: Context) -> tuple[str, Array] | None:
    """Return the clock's column and its values as float64 `(num_rows,)`: data.time, split.time, the last sort_by.

    Raises:
        DataError: If a row has no time.
    """
    data = context.config.data
    assert data is not None
    told = [data.time, data.split.time]
    found = next((name for name in (*told, context.sorted_by) if name in table.frame.columns), None)
    if found is None:
        return None
    column = table.frame[found]
    if column.dtype == object and found in told:
        column = read_times(column, None, lambda number: row_words(table, number))
    if column.dtype.kind not in "iufM":
        return None
    missing = column.isna()
    if missing.any():
        where = row_words(table, first_row(missing, column))
        raise context.bad_value(f"column '{found}' is the clock, and has no value in {where}")
    return found, _as_floats(column)


def _as_floats(column: pd.Series) -> Array:
    values = column.to_numpy()
    if values.dtype.kind == "M":
        return np.asarray((values - values.min()) / np.timedelta64(1, "s"), dtype=np.float64)
    return values.astype(np.float64)
