"""`to_number: [a, b]` or `{a: missing}`: text to numbers; a cell that is none is an error, or missing if told so."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.data.dtypes import first_row, is_number, is_time
from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, with_columns
from dlrun.data.table import Table


def to_number(table: Table, value: Any, context: Context) -> Table:
    """Return the table with these columns as numbers; booleans become 0 and 1.

    Raises:
        DataError: If a cell is no number; it shows the cell and its row.
    """
    told = _told(value, context)
    present = context.present(table, told)
    return with_columns(table, {name: _numbers(table, name, told[name], context) for name in present})


def _told(value: Any, context: Context) -> dict[str, str]:
    """Return what to do with a cell that is no number, by column: "error" or "missing"."""
    if not isinstance(value, dict):
        return {column_name(name): "error" for name in context.names(value)}
    for name, what in value.items():
        if what not in ("missing", "error"):
            raise context.wrong(f"expected missing or error, got '{what}'", f"Write {{{name}: missing}}.", name)
    return {column_name(name): what for name, what in value.items()}


def _numbers(table: Table, name: str, told: str, context: Context) -> Any:
    import pandas as pd

    column = table.frame[name]
    if is_number(column):
        return column
    if is_time(column):
        raise context.wrong(f"column '{name}' is a time", "Take parts of it: prepare: date_parts.")
    if column.dtype == bool:
        return column.astype(np.int64)
    numbers = pd.to_numeric(column, errors="coerce")
    strange = (numbers.isna() | np.isinf(numbers.astype(float))) & column.notna()
    if strange.any() and told == "error":
        fix = f"Write to_number: {{{name}: missing}} to make such cells missing, or replace it."
        raise context.bad_cell(table, name, first_row(strange, column), "is no number", fix)
    return numbers.mask(strange)
