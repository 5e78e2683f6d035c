"""The expression language of `derive` and `filter`: text to a tree. Nothing is ever run as Python.

From loose to tight: `or`, `and`, `not`, comparisons (also `a < b <= c`, `in [...]`, `not in [...]`), `+ -`,
`* / // %`, a sign, `**`. Values are numbers, text in quotes, `true`, `false`, columns (in backticks if the name is no
identifier) and calls of the functions in FUNCTIONS. `expression_values.py` computes a tree over a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dlrun.data.expression_tree import (
    FUNCTIONS,
    Binary,
    Call,
    Column,
    Expression,
    ExpressionError,
    Literal,
    Member,
    Tree,
    Unary,
    depth_of,
)
from dlrun.data.names import normalized
from dlrun.errors import did_you_mean

MAX_LENGTH = 2000
MAX_NESTING = 20  # parentheses and powers inside each other
MAX_DEPTH = 200  # of the tree: operations in a row count too

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<quoted>`[^`]+`)
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>\*\*|//|<=|>=|==|!=|[-+*/%<>()\[\],])""",
    re.VERBOSE,
)
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_HINTS = {
    "=": "Write == to compare.",
    "&": "Write and.",
    "|": "Write or.",
    "~": "Write not.",
    "!": "Write not.",
    "^": "Write ** for a power.",
    ".": "A column's name that holds a dot stands in backticks: `Sepal.Length`.",
    "'": "The quote is not closed.",
    '"': "The quote is not closed.",
    "`": "The backtick is not closed.",
}


def parse_expression(text: str) -> Expression:
    """Return the expression that `text` writes.

    Raises:
        ExpressionError: If it writes none; it says where.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(text, MAX_LENGTH, f"an expression has at most {MAX_LENGTH} characters; this is cut")
    parser = _Parser(text)
    tree = parser.parse()
    if depth_of(tree) > MAX_DEPTH:
        raise ExpressionError(text, 0, f"more than {MAX_DEPTH} operations in a row", _SPLIT)
    return Expression(text, tree, tuple(dict.fromkeys(parser.columns)))


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            what = f"'{text[at]}' means nothing here" if text[at].isprintable() else "a control character"
            raise ExpressionError(text, at, what, _HINTS.get(text[at], ""))
        if match.lastgroup != "space":
            tokens.append(_Token(str(match.lastgroup), match.group(), at))
        at = match.end()
    return [*tokens, _Token("end", "", len(text))]


class _Parser:
    """Recursive descent, one method per level of binding; the depth is bounded."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0
        self.nesting = 0
        self.columns: list[str] = []

    def parse(self) -> Tree:
        tree = self._or()
        if self._next.kind != "end":
            raise self._unexpected("the end")
        return tree

    @property
    def _next(self) -> _Token:
        return self.tokens[self.place]

    def _take(self) -> _Token:
        token = self._next
        self.place += token.kind != "end"
        return token

    def _is(self, *texts: str) -> bool:
        return self._next.kind in ("sign", "name") and self._next.text in texts

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            raise self._unexpected(f"'{sign}'")
        self._take()

    def _unexpected(self, wanted: str) -> ExpressionError:
        token = self._next
        found = f"'{token.text}'" if token.text else "the end"
        return ExpressionError(self.text, token.at, f"expected {wanted}, got {found}")

    def _left_to_right(self, signs: tuple[str, ...], inner: str) -> Tree:
        tree: Tree = getattr(self, inner)()
        while self._is(*signs):
            token = self._take()
            tree = Binary(token.text, tree, getattr(self, inner)(), token.at)
        return tree

    def _or(self) -> Tree:
        self._deeper()
        tree = self._left_to_right(("or",), "_and")
        self.nesting -= 1
        return tree

    def _deeper(self) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ExpressionError(self.text, self._next.at, f"nested more than {MAX_NESTING} deep", _SPLIT)

    def _and(self) -> Tree:
        return self._left_to_right(("and",), "_not")

    def _not(self) -> Tree:
        return self._prefixed(("not",), self._comparison)

    def _comparison(self) -> Tree:
        left = self._sum()
        tree: Tree | None = None
        while self._is(*_COMPARISONS, "in", "not"):
            token = self._take()
            if token.text in ("in", "not"):
                if token.text == "not":
                    self._expect("in")
                part: Tree = Member(left, self._options(), token.text == "not", token.at)
            else:
                right = self._sum()
                part = Binary(token.text, left, right, token.at)
                left = right
            tree = part if tree is None else Binary("and", tree, part, token.at)
        return left if tree is None else tree

    def _options(self) -> tuple[Literal, ...]:
        self._expect("[")
        options: list[Literal] = []
        while not self._is("]"):
            if options:
                self._expect(",")
            item = self._sign()
            if isinstance(item, Unary) and isinstance(item.value, Literal) and _is_number(item.value.value):
                item = Literal(-item.value.value if item.sign == "-" else item.value.value, item.at)  # type: ignore[operator]
            if not isinstance(item, Literal):
                raise ExpressionError(self.text, item.at, "a list holds numbers and texts alone")
            options.append(item)
        self._take()
        return tuple(options)

    def _sum(self) -> Tree:
        return self._left_to_right(("+", "-"), "_product")

    def _product(self) -> Tree:
        return self._left_to_right(("*", "/", "//", "%"), "_sign")

    def _sign(self) -> Tree:
        return self._prefixed(("-", "+"), self._power)

    def _prefixed(self, signs: tuple[str, ...], inner: object) -> Tree:
        taken: list[_Token] = []
        while self._is(*signs):
            taken.append(self._take())
        tree: Tree = inner()  # type: ignore[operator]
        for token in reversed(taken):
            tree = Unary(token.text, tree, token.at)
        return tree

    def _power(self) -> Tree:
        base = self._value()
        if not self._is("**"):
            return base
        token = self._take()
        self._deeper()
        tree = Binary("**", base, self._sign(), token.at)  # binds to the right: 2 ** 3 ** 2 is 2 ** 9
        self.nesting -= 1
        return tree

    def _value(self) -> Tree:
        token = self._next
        if token.kind == "number":
            return Literal(_number(self.text, self._take()), token.at)
        if token.kind == "text":
            return Literal(self._take().text[1:-1], token.at)
        if token.kind == "quoted":
            return self._column(self._take().text[1:-1], token.at)
        if token.kind == "name" and token.text not in ("and", "or", "not", "in"):
            return self._name()
        if self._is("("):
            self._take()
            tree = self._or()
            self._expect(")")
            return tree
        raise self._unexpected("a column, a number, a text in quotes or '('")

    def _name(self) -> Tree:
        token = self._take()
        if self._is("("):
            return self._call(token)
        if token.text in ("true", "false", "True", "False"):
            return Literal(token.text.lower() == "true", token.at)
        return self._column(token.text, token.at)

    def _column(self, name: str, at: int) -> Column:
        self.columns.append(normalized(name))
        return Column(normalized(name), at)

    def _call(self, name: _Token) -> Call:
        if name.text not in FUNCTIONS:
            raise ExpressionError(
                self.text, name.at, f"unknown function '{name.text}'", did_you_mean(name.text, FUNCTIONS)
            )
        self._expect("(")
        arguments: list[Tree] = []
        while not self._is(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._or())
        self._take()
        fewest, most = FUNCTIONS[name.text]
        if not fewest <= len(arguments) <= most:
            wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            raise ExpressionError(self.text, name.at, f"{name.text} takes {wanted} values, not {len(arguments)}")
        return Call(name.text, tuple(arguments), name.at)


_SPLIT = "Derive a part of it as a column of its own first."


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(text: str, token: _Token) -> float | int:
    if token.text.isascii() and token.text.isdigit() and len(token.text) <= 18:
        return int(token.text)
    value = float(token.text)
    if value == float("inf"):
        raise ExpressionError(text, token.at, "a number that is too large")
    return value
