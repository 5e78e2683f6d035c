"""`derive` and `filter` expressions as pandas writes them."""

from __future__ import annotations

from dlrun.data.expression_tree import Binary, Call, Column, Literal, Member, Tree, Unary
from dlrun.data.expressions import parse_expression
from dlrun.export.source import literal

_LOOSE, _AND, _COMPARISON, _SUM, _PRODUCT, _SIGN, _POWER, _TIGHT = range(8)
_BINDS = {
    "or": _LOOSE, "and": _AND, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT,
    "**": _POWER,
}  # fmt: skip
_SIGNS = {"or": "|", "and": "&", "not": "~"}
_FUNCTIONS = {"abs": "np.abs", "log": "np.log", "log1p": "np.log1p", "exp": "np.exp", "sqrt": "np.sqrt"}
_ABOVE = {"log": 0, "log1p": -1}  # where these are defined


def pandas_expression(text: str, frame: str) -> str:
    """Return the expression over the DataFrame called `frame`.

    Division by zero and logarithms of zero give infinity in pandas and a missing value in dlrun; it is made missing.
    """
    tree = parse_expression(text).tree
    written = _write(tree, frame, _LOOSE)
    if _may_be_infinite(tree):
        return f"({written}).replace([np.inf, -np.inf], np.nan)"
    return written


def _write(tree: Tree, frame: str, around: int) -> str:
    if isinstance(tree, Literal):
        return str(literal(tree.value))
    if isinstance(tree, Column):
        return f"{frame}[{literal(tree.name)}]"
    if isinstance(tree, Unary):
        inner = _write(tree.value, frame, _TIGHT if tree.sign == "not" else _SIGN)
        return _around(f"{_SIGNS.get(tree.sign, tree.sign)}{inner}", _SIGN, around)
    if isinstance(tree, Member):
        options = literal([option.value for option in tree.options])
        negated = "~" if tree.negated else ""
        return _around(f"{negated}{_write(tree.value, frame, _TIGHT)}.isin({options})", _SIGN, around)
    if isinstance(tree, Call):
        return _call(tree, frame)
    return _binary(tree, frame, around)


def _binary(tree: Binary, frame: str, around: int) -> str:
    if tree.sign in _SIGNS:  # pandas's & and | bind tighter than a comparison
        binds = _BINDS[tree.sign]
        left, right = _write(tree.left, frame, _SIGN), _write(tree.right, frame, _SIGN)
        return _around(f"{left} {_SIGNS[tree.sign]} {right}", binds, around)
    binds = _BINDS.get(tree.sign, _COMPARISON)
    left = _write(tree.left, frame, binds + (tree.sign == "**"))
    right = _write(tree.right, frame, binds + (tree.sign != "**"))
    return _around(f"{left} {tree.sign} {right}", binds, around)


def _around(text: str, binds: int, around: int) -> str:
    return f"({text})" if binds < around else text


def _call(tree: Call, frame: str) -> str:
    values = [_write(argument, frame, _LOOSE) for argument in tree.arguments]
    if tree.function == "round":
        return f"np.round({', '.join(values)})"
    if tree.function in ("min", "max"):
        function = "np.minimum" if tree.function == "min" else "np.maximum"
        result = values[0]
        for value in values[1:]:
            result = f"{function}({result}, {value})"
        return result
    if tree.function in _ABOVE and isinstance(tree.arguments[0], Column):
        return f"{_FUNCTIONS[tree.function]}({values[0]}.where({values[0]} > {_ABOVE[tree.function]}))"
    return f"{_FUNCTIONS[tree.function]}({values[0]})"


def _may_be_infinite(tree: Tree) -> bool:
    if isinstance(tree, Binary):
        by_number = isinstance(tree.right, Literal) and bool(tree.right.value)
        divides = tree.sign in ("/", "//", "%") and not by_number
        power = tree.sign == "**" and not by_number
        return divides or power or _may_be_infinite(tree.left) or _may_be_infinite(tree.right)
    if isinstance(tree, Call):
        unguarded = tree.function in _ABOVE and not isinstance(tree.arguments[0], Column)
        return unguarded or any(map(_may_be_infinite, tree.arguments))
    return isinstance(tree, Unary | Member) and _may_be_infinite(tree.value)
