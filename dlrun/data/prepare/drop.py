"""`drop: [a, b]`: leave columns out, for the steps that follow too."""

from __future__ import annotations

from typing import Any

from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.table import Table


def drop(table: Table, value: Any, context: Context) -> Table:
    """Return the table without these columns."""
    names = context.columns(table, value, tensors=True)
    tensors = {name: array for name, array in table.tensors.items() if name not in names}
    frame = table.frame.drop(columns=[name for name in names if name not in table.tensors])
    return with_frame(table, frame, tensors=tensors)
