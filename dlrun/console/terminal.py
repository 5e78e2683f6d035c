"""The screen: rich where stdout is a terminal, plain lines where it is a file or a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from functools import cache

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from dlrun.console.text import clean

_MOST_WRAPPED = 200  # rows; longer tables are not fitted to a terminal's width
_PIPE_WIDTH = 200  # a file has no width; lines are not cut at 80 there


def is_interactive() -> bool:
    """Return whether a person is looking: only then are lines redrawn and coloured."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


@cache
def screen() -> Console:
    """Return the one console on stdout; it never takes text for markup, emoji or links."""
    interactive = is_interactive()
    return Console(
        markup=False,
        highlight=False,
        emoji=False,
        force_terminal=interactive,
        width=None if interactive else _PIPE_WIDTH,
    )


def say(line: object = "", style: str = "") -> None:
    """Print one line; long ones wrap at words in a terminal and stay whole in a file."""
    screen().print(Text(clean(line), style=style), soft_wrap=not is_interactive())


def say_whole(line: object) -> None:
    """Print one line that must stay in one piece, like a path or a command to copy."""
    screen().print(Text(clean(line)), soft_wrap=True)


def heading(line: str) -> None:
    """Print an empty line and a title."""
    say()
    say(line, style="bold")


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] | None = None) -> None:
    """Print a table whose first column is never wrapped.

    Args:
        headers: The columns' titles.
        rows: Their cells.
        right: The columns that are aligned to the right; default: all but the first.
    """
    numbers = headers[1:] if right is None else right
    lines = [[cell if isinstance(cell, Text) else clean(cell) for cell in row] for row in rows]
    if not is_interactive() or len(lines) > _MOST_WRAPPED:
        _table_of_text([clean(header) for header in headers], lines, [header in numbers for header in headers])
        return
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for header in headers:
        justify: JustifyMethod = "right" if header in numbers else "left"
        grid.add_column(Text(clean(header)), justify=justify, overflow="fold", no_wrap=not grid.columns)
    for line in lines:
        grid.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in line))
    screen().print(grid)


def _table_of_text(headers: Sequence[str], lines: Sequence[Sequence[str | Text]], right: Sequence[bool]) -> None:
    """Print a table as it stands in a file: whole lines, for as many rows as there are; rich would take minutes."""
    texts = [headers, *([str(cell) for cell in line] for line in lines)]
    widths = [max(map(_width, column)) for column in zip(*texts, strict=True)]
    for line in texts:
        padded = [
            " " * (width - _width(cell)) + cell if to_right else cell + " " * (width - _width(cell))
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ]
        print("  ".join(padded).rstrip())


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
