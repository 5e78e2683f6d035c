"""Expressions in prepare steps: read, with errors at their place in the config."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dlrun.data.expression_tree import Expression, ExpressionError
from dlrun.data.expressions import parse_expression
from dlrun.data.prepare.context import Context


def read_expression(value: Any, context: Context, *under: str | int) -> Expression:
    """Return the expression at a place below the step.

    Raises:
        ConfigError: If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise context.wrong("expected an expression", "Write text, such as rooms / households.", *under)
    with told_where(context, *under):
        return parse_expression(str(value))


@contextmanager
def told_where(context: Context, *under: str | int) -> Iterator[None]:
    """Give an expression's error the place of the expression in the config."""
    try:
        yield
    except ExpressionError as error:
        (problem,) = error.problems
        raise context.wrong(problem.what, problem.fix, *under) from None
