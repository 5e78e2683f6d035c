"""`map: {column: {old: new}}`: give every value another one; a value that is not listed is an error."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.data.dtypes import first_row
from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, with_columns
from dlrun.data.prepare.values import key_of, matches, mended
from dlrun.data.table import Table


def map_values(table: Table, value: Any, context: Context) -> Table:
    """Return the table with all values of a column mapped; missing ones stay missing.

    Raises:
        DataError: If a value has no entry; pandas would make it missing without a word.
    """
    columns = context.mapping(value, "{CHURN: {STAY: 0, LEAVE: 1}}")
    present = context.present(table, columns)
    changed = {}
    for written, pairs in columns.items():
        name = column_name(written)
        if name not in present:
            continue
        if not isinstance(pairs, dict) or not pairs:
            raise context.wrong("expected a mapping of old to new values", "Write {STAY: 0, LEAVE: 1}.", written)
        changed[name] = _mapped(table, name, pairs, context)
    return with_columns(table, changed)


def _mapped(table: Table, name: str, pairs: dict[str, Any], context: Context) -> Any:
    column = table.frame[name]
    cells = np.full(len(column), None, dtype=object)
    left = column.notna().to_numpy()
    for old, new in pairs.items():
        if isinstance(new, dict | list):
            raise context.wrong("a new value is a number, a text, true, false or null", "", name, old)
        found = matches(column, key_of(old, column))
        cells[found] = new
        left = left & ~found
    if left.any():
        fix = "List every value, or use replace, which leaves the others as they are."
        raise context.bad_cell(table, name, first_row(left, column), "has no entry in map", fix)
    return mended(cells, column)
