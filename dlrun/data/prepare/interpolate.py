"""`interpolate: [Solar.R]`: fill gaps in numbers by a straight line between their neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.data.dtypes import is_number
from dlrun.data.prepare.context import Context, with_columns, with_frame
from dlrun.data.prepare.groups import Array, clock_of, groups_of
from dlrun.data.table import Table


def interpolate(table: Table, value: Any, context: Context) -> Table:
    """Return the table with gaps filled: linear in time where there is a clock, else by row.

    It runs inside each part and series, so that no training value comes from a test row. As in pandas, what lacks
    after the last known value becomes that value, and what lacks before the first one stays missing.

    Raises:
        ConfigError: If a column holds no numbers.
    """
    names = context.columns(table, value)
    clock = clock_of(table, context)
    changed = {}
    for name in names:
        column = table.frame[name]
        if not is_number(column):
            raise context.wrong(f"column '{name}' holds no numbers", "Make it numbers first: prepare: to_number.")
        values = column.to_numpy(dtype=np.float64, copy=True)
        for rows in groups_of(table, context):
            at = np.arange(len(rows), dtype=np.float64) if clock is None else clock[1][rows]
            values[rows] = _line(at, values[rows])
        changed[name] = values
    return with_filled(table, changed)


def _line(at: Array, values: Array) -> Array:
    """Return `values` with gaps filled by a line over `at`; both `(num_rows,)`."""
    known = ~np.isnan(values)
    if known.all() or not known.any():
        return values
    order = np.argsort(at[known], kind="stable")
    x, y = at[known][order], values[known][order]
    between = ~known & (at >= x[0])
    result = values.copy()
    result[between] = np.interp(at[between], x, y)
    return result


def with_filled(table: Table, columns: dict[str, Any]) -> Table:
    """Return the table with filled columns, which remembers the rows that were filled."""
    filled = with_columns(table, columns)
    imputed = dict(table.imputed)
    for name in columns:
        now = table.frame[name].isna() & filled.frame[name].notna()
        imputed[name] = imputed.get(name, frozenset()) | frozenset(table.frame.index[now].tolist())
    return with_frame(filled, filled.frame, imputed=imputed)
