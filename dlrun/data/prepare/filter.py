"""`filter: speed <= 300`: keep the rows for which a condition is true."""

from __future__ import annotations

from typing import Any

from dlrun.data.expression_values import evaluate, kind_of
from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.prepare.expression import read_expression, told_where
from dlrun.data.table import Table


def filter_rows(table: Table, value: Any, context: Context) -> Table:
    """Return the rows that fulfil a condition, or all of a list of them.

    Raises:
        ConfigError: If it is no condition, or names no column.
    """
    conditions = value if isinstance(value, list) else [value]
    for place, text in enumerate(conditions):
        under = (place,) if isinstance(value, list) else ()
        expression = read_expression(text, context, *under)
        if len(context.present(table, expression.columns, *under)) < len(expression.columns):
            continue
        with told_where(context, *under):
            keep = evaluate(expression, table.frame)
        if kind_of(keep) != "boolean":
            what = f"'{text}' is a {kind_of(keep)}, not a condition"
            raise context.wrong(what, "Compare it with something, as in speed <= 300.", *under)
        table = with_frame(table, table.frame[keep])
    return table
