"""What an expression means: a tree of columns, values and operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dlrun.errors import ConfigError, Problem

FUNCTIONS = {  # name: fewest and most arguments
    "abs": (1, 1),
    "log": (1, 1),
    "log1p": (1, 1),
    "exp": (1, 1),
    "sqrt": (1, 1),
    "min": (2, 16),
    "max": (2, 16),
    "round": (1, 2),
}


@dataclass(frozen=True)
class Literal:
    """A number, a text, true or false."""

    value: float | int | str | bool
    at: int


@dataclass(frozen=True)
class Column:
    """A column by its name."""

    name: str
    at: int


@dataclass(frozen=True)
class Unary:
    """`-x`, `+x` or `not x`."""

    sign: str
    value: Tree
    at: int


@dataclass(frozen=True)
class Binary:
    """Arithmetic, a comparison, `and`, `or`; a chain `a < b < c` is an `and` of two."""

    sign: str
    left: Tree
    right: Tree
    at: int


@dataclass(frozen=True)
class Member:
    """`value in [...]` or `value not in [...]`."""

    value: Tree
    options: tuple[Literal, ...]
    negated: bool
    at: int


@dataclass(frozen=True)
class Call:
    """One of FUNCTIONS, called."""

    function: str
    arguments: tuple[Tree, ...]
    at: int


Tree: TypeAlias = Literal | Column | Unary | Binary | Member | Call


@dataclass(frozen=True)
class Expression:
    """An expression.

    Args:
        text: What was written.
        tree: What it means.
        columns: The columns it needs, in the order in which they appear.
    """

    text: str
    tree: Tree
    columns: tuple[str, ...]


class ExpressionError(ConfigError):
    """An expression that means nothing; `at` is the place in its text, counted from 0."""

    def __init__(self, text: str, at: int, what: str, fix: str = "") -> None:
        shown = text if len(text) <= 60 else f"{text[max(0, at - 25) : at + 30]}"
        super().__init__(Problem(f"{what} at position {at + 1} of '{shown}'", fix))


def depth_of(tree: Tree) -> int:
    """Return how deep a tree is; without recursion, since that is what too deep a tree would break."""
    deepest, left = 0, [(tree, 1)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        left += [(child, depth + 1) for child in _children(node)]
    return deepest


def _children(node: Tree) -> tuple[Tree, ...]:
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, Unary | Member):
        return (node.value,)
    return node.arguments if isinstance(node, Call) else ()
