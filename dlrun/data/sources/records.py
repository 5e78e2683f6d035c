"""A text file's records by the standard library: what its header is, and whether every row has as many fields.

pandas fills short rows with missing values, and takes the first column for row labels where all rows are too long;
both are wrong numbers without a word. Counting the fields with the `csv` module costs little and says in which line
something is off.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from dlrun.data.sources.layout import Layout, reader_of, records


@dataclass(frozen=True)
class Shape:
    """What was found in a text file.

    Args:
        names: The header's fields, or "0", "1", ... without one.
        num_records: Number of rows below the header.
        fault: The first row that has another number of fields.
    """

    names: list[str]
    num_records: int
    fault: Fault | None = None


@dataclass(frozen=True)
class Fault:
    """A row with too many or too few fields; lines and rows are counted from 1."""

    line: int
    last_line: int
    row: int
    num_fields: int
    is_last: bool


def find_shape(text: io.TextIOBase, layout: Layout) -> Shape | None:
    """Return the file's shape; None where it holds nothing at all."""
    reader = records(text, layout)
    first = _first(reader, layout)
    if first is None:
        return None
    names = list(first) if layout.header is not None else [str(n) for n in range(len(first))]
    body: Iterable[list[str]] = reader if layout.header is not None else chain([first], reader)
    widths: dict[int, int] = {}
    for width in map(len, body):
        widths[width] = widths.get(width, 0) + 1
    width = len(layout.read.names) if layout.header is None and layout.read.names else len(names)
    count = sum(widths.values()) - widths.get(0, 0)
    fault = find_fault(text, layout, width) if set(widths) - {width, 0} else None
    return Shape(names, count, fault)


def find_fault(text: io.TextIOBase, layout: Layout, width: int) -> Fault | None:
    """Look closer, line by line: return the first row that is not `width` fields long."""
    body = numbered_rows(text, layout)
    for row, (line, last_line, fields) in enumerate(body, start=1):
        if len(fields) != width:
            is_last = next(body, None) is None
            return Fault(line, last_line, row, len(fields), is_last)
    return None


def numbered_rows(text: io.TextIOBase, layout: Layout) -> Iterator[tuple[int, int, list[str]]]:
    """Yield each row below the header with its first and last line; blank lines are left out, as pandas does."""
    text.seek(0)
    counted = _Counted(text)
    reader = reader_of(counted, layout)
    line, header_left = counted.number + layout.read.skiprows + 1, -1 if layout.header is None else layout.header
    for fields in reader:
        first, line = line, counted.number + 1
        if _is_blank(fields):
            continue
        if header_left >= 0:
            header_left -= 1
            continue
        yield first, counted.number, fields


def lines_of_rows(text: io.TextIOBase, layout: Layout, rows: Collection[int]) -> dict[int, int]:
    """Return the lines in which some rows begin, all counted from 1, by reading the text once up to the last."""
    numbered = islice(numbered_rows(text, layout), max(rows, default=0))
    return {row: line for row, (line, *_) in enumerate(numbered, 1) if row in rows}


def _first(reader: Iterator[list[str]], layout: Layout) -> list[str] | None:
    filled = (fields for fields in reader if not _is_blank(fields))
    return next(islice(filled, layout.header or 0, None), None)


def _is_blank(fields: list[str]) -> bool:
    return not fields or (len(fields) == 1 and not fields[0].strip())


class _Counted:
    """Lines, and how many have been read so far."""

    def __init__(self, lines: Any) -> None:
        self._lines = iter(lines)
        self.number = 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> str:
        line: str = next(self._lines)
        self.number += 1
        return line
