"""What a plain scalar means: the core schema of YAML 1.2, plus simple fractions where a number is expected."""

from __future__ import annotations

import math
import re

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_FRACTION = re.compile(r"\s*([-+]?[0-9]*\.?[0-9]+)\s*/\s*([0-9]*\.?[0-9]+)\s*")

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

MAX_DIGITS = 400  # a longer number is a mistake, and Python refuses to read one of more than 4300 digits


def resolve_scalar(text: str) -> str | int | float | bool | None:
    """Return the value of a plain (unquoted) scalar.

    `1e-3` is a number, `010` is ten, `0o17` fifteen; `no`, `on`, `Yes`, dates and `12:30` are text.

    Raises:
        ValueError: If it is a number that is not finite, or absurdly long; the text says which.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("is not a finite number")
    if not (_FLOAT.fullmatch(text) or _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text)):
        return text
    if len(text) > MAX_DIGITS:
        raise ValueError(f"has more than {MAX_DIGITS} digits")
    if _INTEGER.fullmatch(text):
        return int(text)
    if text.startswith(("0o", "0x")):
        return int(text, 0)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("is not a finite number")
    return number


def parse_fraction(text: str) -> float | None:
    """Return the number that a simple fraction such as `1/255` stands for; None where `text` is none."""
    match = _FRACTION.fullmatch(text)
    if match is None or len(text) > MAX_DIGITS or float(match[2]) == 0:
        return None
    return float(match[1]) / float(match[2])
