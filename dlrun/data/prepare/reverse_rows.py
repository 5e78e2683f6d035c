"""`reverse_rows: true`: the last row first, for files that begin with the newest."""

from __future__ import annotations

from typing import Any

from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.table import Table


def reverse_rows(table: Table, value: Any, context: Context) -> Table:
    """Return the rows the other way round."""
    if value not in (True, None):
        raise context.wrong("takes no columns", "Write reverse_rows: true.")
    return with_frame(table, table.frame.iloc[::-1])
