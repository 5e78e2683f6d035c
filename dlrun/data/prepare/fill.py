"""`fill: {Cabin: none, steps: 0, pm25: ffill}`: give missing cells a constant, or the value before or after them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.data.dtypes import is_number, is_text, is_time
from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context
from dlrun.data.prepare.groups import groups_of
from dlrun.data.prepare.interpolate import with_filled
from dlrun.data.prepare.values import NO_VALUE, key_of, mended
from dlrun.data.table import Table

_LEARNED = ("mean", "median", "most_frequent", "mode")


def fill(table: Table, value: Any, context: Context) -> Table:
    """Return the table with missing cells filled.

    A value is a constant, or `ffill` (the value before, in the table's order) or `bfill` (the one after), inside each
    part and series; `{constant: ffill}` means the word itself. Means and the like are learned from training rows, so
    they are no table step.

    Raises:
        ConfigError: If a mean, median or most frequent value is asked for, or a constant is not of the column's type.
    """
    told = context.mapping(value, "{Cabin: none}")
    present = context.present(table, told)
    changed = {}
    for written, constant in told.items():
        name = column_name(written)
        if name in present:
            changed[name] = _filled(table, name, constant, context)
    return with_filled(table, changed)


def _filled(table: Table, name: str, told: Any, context: Context) -> Any:
    column = table.frame[name]
    if told in _LEARNED:
        fix = f"It is learned from training rows: preprocessing: {{columns: {{{name}: [{{impute: {told}}}]}}}}."
        raise context.wrong(f"'{told}' of a column is no constant", fix, name)
    if isinstance(told, dict):
        if set(told) != {"constant"}:
            raise context.wrong("expected a constant, ffill or bfill", "Write {constant: ...}.", name)
        told = told["constant"]
    elif told in ("ffill", "bfill"):
        return _carried(table, name, told, context)
    if told is None or isinstance(told, list | dict):
        raise context.wrong("expected a constant, ffill or bfill", "Write a number or a text.", name)
    if not column.isna().any():
        return column
    return _with_constant(column, told, context, name)


def _with_constant(column: Any, constant: Any, context: Context, name: str) -> Any:
    cells = column.astype(object).to_numpy(copy=True)
    missing = column.isna().to_numpy()
    if missing.all():
        cells[:] = constant
        return mended(cells, column)
    value = key_of(constant, column)
    numeric = is_number(column) and isinstance(constant, str | bool)
    if value is NO_VALUE or numeric:
        kind = "numbers" if is_number(column) else "times" if is_time(column) else "booleans"
        raise context.wrong(f"column '{name}' holds {kind}, and {constant!r} is none", "", name)
    cells[missing] = value if is_text(column) or is_time(column) else constant
    return mended(cells, column)


def _carried(table: Table, name: str, direction: str, context: Context) -> Any:
    column = table.frame[name]
    cells = column.astype(object).to_numpy(copy=True)
    known = column.notna().to_numpy()
    for rows in groups_of(table, context):
        ordered = rows if direction == "ffill" else rows[::-1]
        last = np.maximum.accumulate(np.where(known[ordered], np.arange(len(ordered)), -1))
        cells[ordered[last >= 0]] = cells[ordered][last[last >= 0]]
    return mended(cells, column)
