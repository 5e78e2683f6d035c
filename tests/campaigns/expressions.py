"""Expressions of `derive` and `filter` that try to get out: each is refused at its place, or computes plain values.

An audit hook watches while an expression is read and computed: no file, no process, no socket, no import, no code.
"""

from __future__ import annotations

import random
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from tests.campaigns.frame import Campaign

NUMBER, FAST = 5_000, 500
SECONDS = 0.5
ROWS = 50
WATCHED = (
    "open", "exec", "compile", "import", "os.", "subprocess.", "socket.", "ctypes.", "shutil.", "pickle.", "code.",
    "builtins.", "marshal.", "tempfile.", "urllib.", "sys._getframe", "object.__getattr__", "glob.",
)  # fmt: skip
ESCAPES = (
    "__import__('os').system('true')", "().__class__.__bases__[0].__subclasses__()", "a.__class__", "`a`.__class__",
    "@a", "a.values", "a[0]", "lambda: 1", "[x for x in a]", "f'{a}'", "open('/etc/passwd')", "exec('1')",
    "eval('1')",
    "print(a)", "getattr(a, 'x')", "globals()", "a if b else c", "(a := 1)", "a; b", "import os", "abs.__self__",
    "abs(abs)", "abs(__import__)", "{'a': 1}", "{a}", "*a", "**a", "a = b", "`__builtins__`", "`os`", "os",
    "np.array",
    "min(a, b, key=print)", "round(a, ndigits=b)", "'%s' % a", "'{}'.format(a)", "b''", "r'a'", "u'a'", "1j", "0x10",
    "1_000", "a @ b", "~a", "a & b", "a | b", "a ^ b", "a << b", "a >> b", "not", "in [1]", "a in b", "a in [b]",
    "a in [abs(1)]", "a is b", "await a", "yield a", "...", "None", "a.b.c", "`a", "'a", "\"a", "a\0b", "a\nb",
    "#", "a # b",
    "\\x61", "ａｂｓ(a)", "a\u202eb", "eval\u200b('1')", "a'''b'''", "'a' * 1000000000", "'a' * a", "t * 9",
    "t + t", "-t", "~t",
    "9**9**9**9", "9**999999", "a**a**a**a", "1e308*1e308", "0**-1", "10**400", "99999999999999999999 * 2",
    "2**63 + a",
    "-9223372036854775808 // -1", "a // 0", "a % 0", "0 / 0", "log(0)", "sqrt(-1)", "exp(1000)",
    "round(a, 999999999)",
    "round(a, -400)", "round(1.5, t)", "round(a, b)", "min(t, a)", "max(a)", "abs()", "abs(a, b)", "sqrt(t)",
    "when > 'x'",
    "when > '2024-13-45'", "when + 1", "when * when", "flag + flag", "flag ** flag", "flag == t", "t < 1",
    "t == 1", "when in ['x']",
)  # fmt: skip
TOKENS = (
    "a", "b", "t", "flag", "when", "`열`", "1", "0", "2.5", "1e9", "'x'", "\"y\"", "'2024-01-01'", "true",
    "false", "+", "-", "*",
    "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "and", "or", "not", "in", "not in", "[1, 2]",
    "['x']", "[]", "[true]",
    "(", ")", "abs(", "log(", "min(", "max(", "round(", ",", "sqrt(", "exp(", "log1p(", ".", "__class__", "@",
    ":", ";", "=", "`", "'",
)  # fmt: skip

_seen: list[str] = []
_watching = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event.startswith(WATCHED):
        _seen.append(f"{event} {str(arguments)[:100]}")


@cache
def _watch() -> None:
    sys.addaudithook(_hook)  # for good: an audit hook cannot be taken out again


@cache
def _frame() -> Any:
    import numpy as np
    import pandas as pd

    chance = np.random.default_rng(0)
    frame = pd.DataFrame({
        "a": chance.integers(-5, 5, ROWS),
        "b": np.where(chance.random(ROWS) < 0.2, np.nan, chance.normal(size=ROWS)),
        "t": chance.choice(np.array(["x", "y", None], dtype=object), ROWS),
        "flag": chance.random(ROWS) < 0.5,
        "when": pd.date_range("2024-01-01", periods=ROWS, freq="h"),
        "열": chance.normal(size=ROWS),
    })  # fmt: skip
    frame["t"] = frame["t"].astype(object)
    return frame


def written(number: int) -> str:
    """Return an expression: a known escape, one in another's clothes, or tokens in any order."""
    if number < len(ESCAPES):
        return ESCAPES[number]
    chance = random.Random(number)
    kind = chance.randrange(5)
    if kind == 0:
        return chance.choice(
            ("abs({})", "a + {}", "({})", "not {}", "min(a, {})", "a in [{}]", "`{}`", "'{}'", "{} > 1")
        ).format(chance.choice(ESCAPES))
    if kind == 1:
        return "".join(chance.choices(ESCAPES + TOKENS, k=chance.randrange(1, 6)))
    if kind == 2:
        text = chance.choice(ESCAPES)
        at = chance.randrange(len(text) + 1)
        return text[:at] + chance.choice(("", " ", "(", ")", "\0", "'", "`", "[", "한", "\ud800", ".")) + text[at + 1 :]
    if kind == 3:
        return chance.choice(("(", "-", "not ", "a+", "2**", "abs(")) * chance.choice((5, 50, 500, 5000)) + "a"
    return " ".join(chance.choices(TOKENS, k=chance.randrange(1, 12)))


def attempt(number: int, place: Path) -> str:
    """Read and compute one expression under watch."""
    global _watching
    from dlrun.data.expression_values import evaluate
    from dlrun.data.expressions import parse_expression
    from dlrun.errors import ConfigError

    text, frame = written(number), _frame()
    _watch()
    evaluate(parse_expression("abs(a) + 1 > 0 and t in ['x'] or when > '2024-01-01'"), frame)  # what is imported late
    _seen.clear()
    values = None
    began = time.process_time()
    _watching = True
    try:
        expression = parse_expression(text)
        if set(expression.columns) <= set(frame):
            values = evaluate(expression, frame)
    except ConfigError:
        pass  # refused
    finally:
        _watching = False
    took = time.process_time() - began
    if _seen:
        return f"{text!r} reached {_seen[0]}"
    if took > SECONDS:
        return f"{text[:80]!r} took {took:.2f} s"
    return "" if values is None else _plain(values)


def _plain(values: Any) -> str:
    if values.shape != (ROWS,):
        return f"values of shape {values.shape}"
    if values.dtype.kind not in "iufbMOU":
        return f"values of type {values.dtype}"
    if values.dtype == object and not all(v is None or isinstance(v, str) or v != v for v in values):
        return "values that are neither text nor missing"
    return ""


def trials(seed: int, fast: bool) -> list[int]:
    """Return the numbers of the expressions; the known escapes are always among them."""
    first = seed * NUMBER
    return [*range(len(ESCAPES)), *range(first + len(ESCAPES), first + (FAST if fast else NUMBER))]


CAMPAIGN = Campaign(
    "expressions", "An expression is refused, or computes plain values and reaches nothing else.", trials, attempt
)
