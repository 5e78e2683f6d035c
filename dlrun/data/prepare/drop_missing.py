"""`drop_missing: [pm25]`, or `true`: leave out rows with a missing value."""

from __future__ import annotations

from typing import Any

from dlrun.data.columns import columns_in_use
from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.table import Table


def drop_missing(table: Table, value: Any, context: Context) -> Table:
    """Return the rows that have a value in these columns; `true` means all columns in use.

    In use are the features, the targets, and the columns that the split, the window and the weights need; without
    `features` and `inputs`, every column that `drop` does not leave out.
    """
    names = _in_use(table, context) if value is True or value is None else context.columns(table, value)
    return with_frame(table, table.frame[table.frame[names].notna().all(axis=1)])


def _in_use(table: Table, context: Context) -> list[str]:
    data, names = context.config.data, list(table.frame.columns)
    assert data is not None
    if context.features is None:
        in_use = columns_in_use(context.config, names)
    else:
        in_use = [name for name in names if name in context.features or name in data.target]
    return [name for name in in_use if context.need_target or name not in data.target]
