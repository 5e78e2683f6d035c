"""How a text file is laid out, and its records by the standard library."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config.schema import ReadConfig
from dlrun.data.names import shown
from dlrun.errors import DataError, Location, Problem

if TYPE_CHECKING:
    from dlrun.config.config import Config

SPACES = r"\s+"
_OTHER_SEPS = {";": '";"', "\t": '"\\t"', "|": '"|"'}


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out.

    Args:
        sep: What stands between fields.
        header: The header's place among the lines that are not blank; None without one.
        read: The other options.
    """

    sep: str
    header: int | None
    read: ReadConfig


def layout_of(path: Path, config: Config) -> Layout:
    """Return a file's layout; as in pandas, `names` without `header` means that there is no header."""
    assert config.data is not None
    read = config.data.read
    sep = read.sep or ("\t" if path.suffix.lower() == ".tsv" else ",")
    no_header = read.names is not None and not config.is_given(("data", "read", "header"))
    return Layout(sep, None if no_header else read.header, read)


def check_separator(names: Sequence[str], layout: Layout, path: Path) -> None:
    """Make sure that a single column is not several with another separator between them.

    Raises:
        DataError: If it seems so; it says what to write.
    """
    sep = likely_separator(names, layout)
    if sep is not None:
        what = f"has one column only; its fields seem to be separated by {_OTHER_SEPS[sep]}"
        raise DataError(Problem(what, f"Write read: {{sep: {_OTHER_SEPS[sep]}}}.", location=Location(shown(path))))


def likely_separator(names: Sequence[str], layout: Layout) -> str | None:
    """Return the separator between the fields of a single column that seems to be several; None where it is one."""
    return next((sep for sep in _OTHER_SEPS if len(names) == 1 and sep in names[0] and sep != layout.sep), None)


def records(text: io.TextIOBase, layout: Layout) -> Iterator[list[str]]:
    """Return the file's records from its beginning, blank ones included."""
    text.seek(0)
    return reader_of(text, layout)


def reader_of(text: Iterable[str], layout: Layout) -> Iterator[list[str]]:
    """Return the records of a file's lines, blank ones included."""
    csv.field_size_limit(2**31 - 1)  # a long text is a long text; the file's size bounds it
    spaces = layout.sep == SPACES
    return csv.reader(
        _lines(text, layout),
        delimiter=" " if spaces else layout.sep,
        quotechar=layout.read.quotechar,
        skipinitialspace=spaces or layout.read.skipinitialspace,
    )


def _lines(text: Iterable[str], layout: Layout) -> Iterable[str]:
    lines: Iterable[str] = islice(text, layout.read.skiprows, None) if layout.read.skiprows else text
    if layout.read.comment:
        cut = _comment_cutter(layout.read.comment, layout.read.quotechar)
        lines = map(cut, lines)
    if layout.sep == SPACES:
        lines = (" ".join(line.split()) + "\n" for line in lines)
    return lines


def _comment_cutter(comment: str, quote: str) -> Callable[[str], str]:
    def cut(line: str) -> str:
        if comment not in line:
            return line
        place = line.index(comment)
        while place >= 0 and line.count(quote, 0, place) % 2:
            place = line.find(comment, place + 1)
        return line if place < 0 else line[:place] + "\n"

    return cut
