"""`lag: {sales: [1, 7]}`: earlier values of a column as columns of their own, `sales_lag_1` and `sales_lag_7`."""

from __future__ import annotations

from typing import Any

from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context
from dlrun.data.prepare.shift import shifted
from dlrun.data.table import Table


def lag(table: Table, value: Any, context: Context) -> Table:
    """Return the table with columns `<column>_lag_<n>`: the value `n` rows before, in the same series."""
    for written, told in context.mapping(value, "{sales: [1, 7]}").items():
        name = column_name(written)
        steps = told if isinstance(told, list) else [told]
        context.makes(len(steps), written)
        for rows in steps:
            if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
                raise context.wrong("expected whole numbers of rows from 1", "Write [1, 7].", written)
        if not context.present(table, [name], written):
            context.absent.update(lag_name(name, rows) for rows in steps)
            continue
        table = shifted(table, name, {lag_name(name, rows): rows for rows in steps}, context)
    return table


def lag_name(column: str, rows: int) -> str:
    """Return what a lagged column is called."""
    return f"{column}_lag_{rows}"
