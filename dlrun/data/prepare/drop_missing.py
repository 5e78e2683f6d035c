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
    if value is True or value is None:
        assert context.config.data is not None
        names = columns_in_use(context.config, list(table.frame.columns))
        if not context.need_target:
            names = [name for name in names if name not in context.config.data.target]
    else:
        names = context.columns(table, value)
    return with_frame(table, table.frame[table.frame[names].notna().all(axis=1)])
