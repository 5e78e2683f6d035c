"""Which file a row came from, for messages and for the run folder."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.data.image_names import is_image
from dlrun.data.names import shown

if TYPE_CHECKING:
    from dlrun.config.config import Config


@dataclass(frozen=True)
class FileRecord:
    """A file that was read.

    Args:
        path: Where it is.
        sha256: The hash of its bytes; empty for a table that came from memory.
        size: Number of bytes.
        first: The number of its first row among the rows of all files, counted from 0.
        rows: Number of rows.
        names: Of a folder with a file for each row, these files.
    """

    path: Path
    sha256: str
    size: int
    first: int
    rows: int
    names: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what the run folder keeps of it."""
        return {"path": str(self.path), "sha256": self.sha256, "bytes": self.size, "rows": self.rows}


@dataclass
class Origins:
    """The files that a table's rows came from."""

    config: Config
    records: list[FileRecord]

    def row(self, number: int) -> str:
        """Return a row in words, by its number over all files: `row 17 (line 18) of data/iris.csv`.

        Rows are counted from 1 below the header, lines from 1 in the file.
        """
        for record in self.records:
            if record.first <= number < record.first + record.rows:
                row = number - record.first + 1
                if is_image(record.path):
                    return shown(record.path)
                if record.names:
                    return shown(record.path / record.names[row - 1])
                line = self._line(record, row)
                return f"row {row}{f' (line {line})' if line else ''} of {shown(record.path)}"
        return f"row {number + 1}"

    def file_names(self, numbers: Iterable[int]) -> list[str] | None:
        """Return each row's file, a folder's with the folder's own name; None where files hold more than a row."""
        names: dict[int, str] = {}
        for record in self.records:
            files = [f"{record.path.name}/{name}" for name in record.names]
            own = [str(record.path)] if is_image(record.path) else files
            names |= {record.first + row: name for row, name in enumerate(own)}
        return [names[number] for number in numbers] if names else None

    def lines(self, numbers: Iterable[int]) -> dict[int, int]:
        """Return the lines of rows in their text files, by the rows' numbers; other rows are left out."""
        wanted = set(numbers)
        found: dict[int, int] = {}
        for record in self.records:
            rows = {n - record.first + 1 for n in wanted if record.first <= n < record.first + record.rows}
            found |= {record.first + row - 1: line for row, line in self._lines(record, rows).items()}
        return found

    def _line(self, record: FileRecord, row: int) -> int | None:
        return self._lines(record, {row}).get(row)

    def _lines(self, record: FileRecord, rows: Collection[int]) -> dict[int, int]:
        """Return rows' lines in a text file, found by reading it again: only messages need them."""
        from dlrun.catalog import SOURCES
        from dlrun.data.sources.source import Source
        from dlrun.data.sources.text import find_lines, read_text

        if not rows or not record.sha256 or record.names:
            return {}
        if SOURCES[record.path.suffix.lower()] is not read_text:
            return {}
        with record.path.open("rb") as handle:
            return find_lines(Source(record.path, handle, self.config), rows)
