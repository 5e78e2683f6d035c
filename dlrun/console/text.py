"""Text that is safe to show, and numbers that are easy to read; imports nothing that takes time."""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Iterable, Mapping

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format (right-to-left marks and the like), surrogates, line ends


def clean(value: object) -> str:
    """Return `value` as one line of text that cannot steer a terminal: no escapes, no line ends, no hidden marks."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def safe_lines(text: str) -> str:
    """Return lines for stdout: as they are for a file or a pipe, for a terminal without what would steer it."""
    return "\n".join(map(clean, text.split("\n"))) if sys.stdout.isatty() else text


def _shown(character: str) -> str:
    if character in "\t\n\r":
        return " "
    return "" if unicodedata.category(character) in _HIDDEN else character


def number(value: float | None, digits: int | None = None) -> str:
    """Return a number with `digits` after the point, by default as many as its size deserves; a dash for None."""
    if value is None or not math.isfinite(value):
        return "–"
    if value and abs(value) < 1e-3 and digits is None:
        return f"{value:.3g}"
    return f"{value:,.{digits_for([value]) if digits is None else digits}f}"


def digits_for(values: Iterable[float | None]) -> int:
    """Return how many digits after the point suit numbers that are to stand beside each other."""
    sizes = [abs(v) for v in values if v is not None and math.isfinite(v)]
    largest = max(sizes, default=0.0)
    if largest <= 1:  # shares and probabilities, 1 included
        return 4
    return next((digits for limit, digits in ((10, 3), (100, 2), (1000, 1)) if largest < limit), 0)


def duration(seconds: float) -> str:
    """Return a time as people say it: `0.4 s`, `12 s`, `3:05 min`, `2:10 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def count(how_many: int, singular: str, plural: str = "") -> str:
    """Return `1 row`, `1,024 rows`."""
    word = singular if how_many == 1 else plural or f"{singular}s"
    return f"{how_many:,} {word}"


def metrics_line(logs: Mapping[str, float]) -> str:
    """Return `loss 0.1234  val_loss 0.2`, in the order of `logs`."""
    return "  ".join(f"{clean(name)} {number(float(value))}" for name, value in logs.items())
