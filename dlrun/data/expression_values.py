"""An expression's values over a table.

Numbers are float64, or int64 where only whole numbers met in `+ - * // %` and the like. Missing values go through
arithmetic; a comparison with one is false (`!=` and `not in`: true), as in pandas. Division by zero, and a function
where it is not defined (`log(0)`), give a missing value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.expression_tree import Binary, Call, Column, Expression, ExpressionError, Literal, Member, Tree, Unary
from dlrun.data.times import read_time

if TYPE_CHECKING:
    import pandas as pd

Value = Any  # an array `(num_rows,)`, or a scalar of NumPy or Python

_KINDS = {"i": "number", "u": "number", "f": "number", "b": "boolean", "M": "time", "O": "text", "U": "text"}
_INT_MAX = 2.0**62


def evaluate(expression: Expression, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return an expression's value in every row: numbers, booleans, times or text `(num_rows,)`.

    Args:
        expression: What to compute; all its columns are in the frame.
        frame: A tidy frame.

    Raises:
        ExpressionError: If an operation does not go with its values: text times a number.
    """
    with np.errstate(all="ignore"):
        value = _Evaluator(expression.text, frame).value(expression.tree)
    result = np.asarray(value) if not isinstance(value, str) else np.array(value, dtype=object)
    return np.broadcast_to(result, (len(frame),)).copy() if result.ndim == 0 else result


class _Evaluator:
    def __init__(self, text: str, frame: pd.DataFrame) -> None:
        self.text = text
        self.frame = frame

    def error(self, tree: Tree, what: str, fix: str = "") -> ExpressionError:
        return ExpressionError(self.text, tree.at, what, fix)

    def value(self, tree: Tree) -> Value:
        if isinstance(tree, Literal):
            return tree.value
        if isinstance(tree, Column):
            return self.frame[tree.name].to_numpy()
        if isinstance(tree, Unary):
            return self.unary(tree)
        if isinstance(tree, Member):
            return self.member(tree)
        if isinstance(tree, Call):
            return self.call(tree)
        left, right = self.value(tree.left), self.value(tree.right)
        if tree.sign in ("and", "or"):
            both = self.condition(tree.left, left), self.condition(tree.right, right)
            return both[0] & both[1] if tree.sign == "and" else both[0] | both[1]
        if tree.sign in _COMPARE:
            return self.compare(tree, left, right)
        return arithmetic(tree.sign, self.number(tree.left, left), self.number(tree.right, right))

    def unary(self, tree: Unary) -> Value:
        value = self.value(tree.value)
        if tree.sign == "not":
            return ~self.condition(tree.value, value)
        number = self.number(tree.value, value)
        return (
            arithmetic("-", np.zeros_like(number), number)
            if tree.sign == "-" and number.dtype.kind == "i"
            else (-number if tree.sign == "-" else number)
        )

    def condition(self, tree: Tree, value: Value) -> Value:
        if kind_of(value) != "boolean":
            what = f"expected a condition, got a {kind_of(value)}"
            raise self.error(tree, what, "Compare it with something, as in `x` == 1.")
        return np.asarray(value)

    def number(self, tree: Tree, value: Value) -> np.ndarray[Any, Any]:
        kind = kind_of(value)
        if kind == "boolean":
            return np.asarray(value).astype(np.int64)
        if kind != "number":
            fix = "Make it a number first: prepare: to_number." if kind == "text" else ""
            raise self.error(tree, f"expected a number, got a {kind}", fix)
        return np.asarray(value)

    def compare(self, tree: Binary, left: Value, right: Value) -> Value:
        left, right = self.as_time(tree.left, left, right), self.as_time(tree.right, right, left)
        kinds = {kind_of(left), kind_of(right)}
        if _is_empty(left) or _is_empty(right):
            shape = np.broadcast_shapes(np.shape(left), np.shape(right))
            return np.full(shape, tree.sign == "!=")
        if kinds == {"number", "boolean"}:
            kinds = {"number"}
        if len(kinds) > 1:
            what = f"cannot compare a {kind_of(left)} with a {kind_of(right)}"
            raise self.error(tree, what, _COMPARE_FIX.get(frozenset(kinds), ""))
        if kinds == {"text"} and tree.sign not in ("==", "!="):
            raise self.error(tree, f"text has no order for '{tree.sign}'", _ORDER_FIX)
        result = np.asarray(_COMPARE[tree.sign](np.asarray(left), np.asarray(right)), dtype=bool)
        if kinds == {"text"}:  # None equals None, but two missing texts are not the same text
            return np.where(_missing_text(left) | _missing_text(right), tree.sign == "!=", result)
        return result

    def as_time(self, tree: Tree, value: Value, other: Value) -> Value:
        """Return a text literal beside a time as a time."""
        if not isinstance(tree, Literal) or not isinstance(value, str) or kind_of(other) != "time":
            return value
        time = read_time(value)
        if time is None:
            raise self.error(tree, f"'{value}' is no ISO date", "Write it like '2019-01-31' or '2019-01-31T12:00'.")
        return time

    def member(self, tree: Member) -> Value:
        value = self.value(tree.value)
        found = np.zeros(np.shape(value), dtype=bool)
        for option in tree.options:
            found = found | self.compare(Binary("==", tree.value, option, option.at), value, option.value)
        return ~found if tree.negated else found

    def call(self, tree: Call) -> Value:
        numbers = [self.number(argument, self.value(argument)) for argument in tree.arguments]
        if tree.function == "round":
            digits = tree.arguments[1] if len(tree.arguments) > 1 else Literal(0, tree.at)
            places = digits.value if isinstance(digits, Literal) else None
            if not isinstance(places, int) or isinstance(places, bool) or not 0 <= places <= 15:
                raise self.error(digits, "round takes a number of digits from 0 to 15")
            return numbers[0] if numbers[0].dtype.kind == "i" else np.round(numbers[0], places)
        if tree.function in ("min", "max"):
            return _extreme(np.minimum if tree.function == "min" else np.maximum, numbers)
        if tree.function == "abs":
            low = numbers[0].dtype.kind == "i" and np.any(numbers[0] == np.iinfo(np.int64).min)
            return np.abs(numbers[0].astype(np.float64) if low else numbers[0])
        return _defined(_FUNCTIONS[tree.function](numbers[0].astype(np.float64)), tree.function)


def kind_of(value: Value) -> str:
    """Return what a value is: number, boolean, time or text."""
    return "text" if isinstance(value, str) else _KINDS[np.asarray(value).dtype.kind]


def arithmetic(sign: str, left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return `left sign right`; whole numbers stay whole where the result is one and fits."""
    a, b = left.astype(np.float64), right.astype(np.float64)
    by_zero = (b == 0) if sign in ("/", "//", "%") else (a == 0) & (b < 0) if sign == "**" else np.False_
    floats = np.asarray(_ARITHMETIC[sign](a, b), dtype=np.float64)
    whole = left.dtype.kind == "i" and right.dtype.kind == "i" and sign in ("+", "-", "*", "//", "%")
    if whole and not np.any(by_zero) and not np.any(np.abs(floats) > _INT_MAX):
        return np.asarray(_ARITHMETIC[sign](left, right))
    return np.where(by_zero, np.nan, floats)


def _is_empty(value: Value) -> bool:
    """Tell whether a column has no value at all; then its type says nothing."""
    array = np.asarray(value)
    return array.ndim == 1 and array.dtype.kind == "f" and bool(np.isnan(array).all())


def _missing_text(value: Value) -> np.ndarray[Any, Any]:
    return np.asarray(np.asarray(value, dtype=object) == None, dtype=bool)  # noqa: E711, in each row


def _extreme(function: Callable[..., Any], numbers: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    result = numbers[0]
    for number in numbers[1:]:
        result = np.asarray(function(result, number))
    return result


def _defined(result: np.ndarray[Any, Any], function: str) -> np.ndarray[Any, Any]:
    """Return a function's values with a missing one where it is not defined: log(0) is minus infinity in NumPy."""
    return np.where(np.isneginf(result), np.nan, result) if function in ("log", "log1p") else result


_FUNCTIONS: dict[str, Callable[..., Any]] = {"log": np.log, "log1p": np.log1p, "exp": np.exp, "sqrt": np.sqrt}
_COMPARE: dict[str, Callable[..., Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": np.power,
}
_ORDER_FIX = "Compare texts with ==, != or in; dates that were read as text become times by read: {parse_dates: [...]}."
_COMPARE_FIX = {
    frozenset({"text", "number"}): "Put the text in quotes, or make the column a number: prepare: to_number.",
    frozenset({"text", "time"}): "Make the column a time first: prepare: datetime.",
}
