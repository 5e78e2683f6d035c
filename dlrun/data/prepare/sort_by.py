"""`sort_by: DateTime`, `[store, date]` or `{price: descending}`: put the rows in order."""

from __future__ import annotations

from typing import Any

from dlrun.data.dtypes import is_text
from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.table import Table


def sort_by(table: Table, value: Any, context: Context) -> Table:
    """Return the rows in order of columns; equal ones keep their order, those without a value come last.

    The first column (the series' aside) is the clock for interpolation and windows, where nothing else is.
    """
    told = value if isinstance(value, dict) else dict.fromkeys(map(column_name, context.names(value)), "ascending")
    for name, direction in told.items():
        if direction not in ("ascending", "descending"):
            raise context.wrong(f"expected ascending or descending, got '{direction}'", "", name)
    names = context.present(table, told)
    if not names:
        return table
    ascending = [told[name] == "ascending" for name in told if column_name(name) in names]
    frame = table.frame
    keys = frame[names].reset_index(drop=True)
    for name in names:
        if is_text(keys[name]):
            keys[name] = keys[name].astype("str")
    order = keys.sort_values(names, ascending=ascending, kind="stable", na_position="last").index.to_numpy()
    window = context.config.preprocessing.window
    series = window.series if window is not None else None
    context.sorted_by = next((name for name in names if name != series), names[0])
    return with_frame(table, frame.iloc[order])
