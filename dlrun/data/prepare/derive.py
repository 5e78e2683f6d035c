"""`derive: {new: expression}`: new columns computed from others, in order, so that later ones may use earlier ones."""

from __future__ import annotations

from typing import Any

from dlrun.data.expression_values import evaluate
from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, with_columns, with_frame
from dlrun.data.prepare.expression import read_expression, told_where
from dlrun.data.table import Table

_COST = 5  # lags are made all at once, these one after another


def derive(table: Table, value: Any, context: Context) -> Table:
    """Return the table with the new columns; one with a name that is there already takes its place.

    Raises:
        ConfigError: If an expression is wrong, or names no column.
    """
    told = context.mapping(value, "{ratio: a / b}")
    context.makes(_COST * len(told))
    for written, text in told.items():
        name = column_name(written)
        expression = read_expression(text, context, written)
        if name in table.tensors:
            raise context.wrong(f"'{name}' is a column with several axes already", "", written)
        if len(context.present(table, expression.columns, written)) < len(expression.columns):
            context.absent.add(name)
            continue
        with told_where(context, written):
            values = evaluate(expression, table.frame)
        filled = frozenset().union(*(table.imputed.get(column, frozenset()) for column in expression.columns))
        table = with_columns(table, {name: values})
        table = with_frame(table, table.frame, imputed={**table.imputed, name: filled})
    return table
