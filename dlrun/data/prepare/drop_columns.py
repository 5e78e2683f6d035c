"""`drop_columns: {missing: 0.5}`: leave out columns that are missing in more than this share of the rows."""

from __future__ import annotations

from typing import Any

from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.table import Table


def drop_columns(table: Table, value: Any, context: Context) -> Table:
    """Return the table without columns that are mostly missing, told by the training rows.

    Targets stay. Other files, and new ones, lose the columns that the training file lost.
    """
    told = context.mapping(value, "{missing: 0.5}")
    share = told.get("missing")
    if set(told) != {"missing"} or isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise context.wrong("expected a share from 0 up to 1", "Write drop_columns: {missing: 0.5}.")
    assert context.config.data is not None
    if context.spec.path not in context.dropped:
        if context.is_new:
            return table  # what a trained model needs is known by its features; more columns do no harm
        missing = table.frame[context.in_training(table)].isna().mean()
        names = [name for name in missing.index[missing > share] if name not in context.config.data.target]
        context.dropped[context.spec.path] = names
    gone = [name for name in context.dropped[context.spec.path] if name in table.frame.columns]
    return with_frame(table, table.frame.drop(columns=gone))
