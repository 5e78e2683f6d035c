"""`replace: {column: {old: new}}`: give single values others; what is not listed stays."""

from __future__ import annotations

from typing import Any

from dlrun.data.dtypes import cell_text, is_text
from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, with_columns
from dlrun.data.prepare.values import NO_VALUE, key_of, matches, mended, numeric_if_all_are
from dlrun.data.table import Table


def replace(table: Table, value: Any, context: Context) -> Table:
    """Return the table with values replaced.

    All pairs are replaced at once, so that two values may be swapped. A key is compared in the column's type: `1` in a
    numeric column is the number. `null` for the new value makes a cell missing. A text column whose present values
    all read as numbers afterwards is numeric.
    """
    columns = context.mapping(value, '{TotalCharges: {" ": 0}}')
    present = context.present(table, columns)
    changed = {}
    for written, pairs in columns.items():
        name = column_name(written)
        if name not in present:
            continue
        if not isinstance(pairs, dict) or not pairs:
            raise context.wrong("expected a mapping of old to new values", 'Write {" ": 0}.', written)
        changed[name] = numeric_if_all_are(_replaced(table, name, pairs, context))
    return with_columns(table, changed)


def _replaced(table: Table, name: str, pairs: dict[str, Any], context: Context) -> Any:
    column = table.frame[name]
    cells = column.astype(object).to_numpy(copy=True)
    text = is_text(column)
    for old, new in pairs.items():
        if isinstance(new, dict | list):
            raise context.wrong("a new value is a number, a text, true, false or null", "", name, old)
        key = key_of(old, column)
        if key is NO_VALUE and not context.is_new:
            context.notes.append(f"replace: column '{name}' holds no text, so '{old}' is nowhere in it")
        keep_type = text and not isinstance(new, bool) and new is not None
        cells[matches(column, key)] = cell_text(new) if keep_type else new
    return mended(cells, column)
