"""One table in several forms: on the screen, as CSV for spreadsheets, as Markdown for a page."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from dlrun.console.terminal import screen, table
from dlrun.console.text import clean, number
from dlrun.spreadsheet import escape

Form = Literal["table", "csv", "markdown"]
FORMS: tuple[str, ...] = ("table", "csv", "markdown")
Cell = str | float | int | bool | None


def show_table(
    headers: Sequence[str], rows: Iterable[Sequence[Cell]], form: str = "table", right: Sequence[str] | None = None
) -> None:
    """Print a table.

    Args:
        headers: The columns' titles.
        rows: Their cells; numbers are rounded on the screen and in Markdown, and whole in CSV.
        form: One of FORMS.
        right: The columns that are aligned to the right; default: all but the first.
    """
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([escape(header) for header in headers])
        writer.writerows([_whole(cell) for cell in row] for row in rows)
        return
    texts = [[_short(cell) for cell in row] for row in rows]
    if form == "table":
        table(headers, texts, right)
        return
    numbers = headers[1:] if right is None else right
    print(_line(headers))
    print(_line(["---:" if header in numbers else "---" for header in headers]))
    for row in texts:
        print(_line(row))


def is_too_wide(rows: Sequence[Sequence[Cell]]) -> bool:
    """Tell whether a table is wider than the screen, and would be less wide with its columns as lines."""
    texts = [[_short(cell) for cell in row] for row in rows]
    return _width(texts) > screen().width and _width(list(zip(*texts, strict=True))) < _width(texts)


def _width(rows: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + 2 for column in zip(*rows, strict=True))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(clean(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _whole(cell: Cell) -> Cell:
    return escape(cell) if isinstance(cell, str) else cell


def _short(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return number(cell) if isinstance(cell, float) else str(cell)
