"""`drop_duplicates: true`, or columns: of rows that are the same, the first stays."""

from __future__ import annotations

from typing import Any

from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.table import Table
from dlrun.lazy_rows import row_keys, rows_at


def drop_duplicates(table: Table, value: Any, context: Context) -> Table:
    """Return the rows that are not the same as an earlier one, in these columns or in all (`true`)."""
    if value is True or value is None:
        names = [*table.frame.columns, *table.tensors]
    else:
        names = context.columns(table, value, tensors=True)
        if not names:
            return table
    keys = table.frame[[name for name in names if name not in table.tensors]].copy(deep=False)
    rows = table.frame.index.to_numpy()
    for place, name in enumerate(name for name in names if name in table.tensors):
        keys.insert(0, f"tensor {place}", row_keys(rows_at(table.tensors[name], rows)))
    return with_frame(table, table.frame[~keys.duplicated().to_numpy()])
