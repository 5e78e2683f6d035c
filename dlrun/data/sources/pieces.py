"""Files a piece at a time, each piece read like a small file of its own.

A text file is cut at line ends that stand in no quotes, and every piece gets the header; so whatever holds of reading
a file holds of reading its pieces.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from dlrun.catalog import SOURCES
from dlrun.data.encoding import marked
from dlrun.data.sources.blocks import read_blocks, read_header
from dlrun.data.sources.parquet import read_parquet, rows_of, whole_file
from dlrun.data.sources.source import Rows, Source
from dlrun.data.sources.text import read_text
from dlrun.errors import DlrunError, Location, Problem

BYTES = 2**25  # of a text file, in a piece
CELLS = 2**22  # of a parquet file


def can_be_read_in_pieces(ending: str) -> bool:
    """Tell whether files with this ending can be read a piece at a time."""
    return ending in SOURCES and SOURCES[ending] in (read_text, read_parquet)


def read_in_pieces(source: Source) -> Iterator[Rows]:
    """Read a file a piece at a time.

    Raises:
        DataError: If the file is broken, or its encoding is none whose line ends can be told.
        ConfigError: If a `read` option does not fit the file.
    """
    if SOURCES[source.path.suffix.lower()] is read_parquet:
        yield from _parquet_pieces(source)
    else:
        yield from _text_pieces(source)


def _parquet_pieces(source: Source) -> Iterator[Rows]:
    import pyarrow as pa

    with whole_file(source) as file:
        at_once = max(1024, CELLS // max(1, file.metadata.num_columns))
        for batch in file.iter_batches(batch_size=at_once):
            yield rows_of(source, pa.Table.from_batches([batch]))


def _text_pieces(source: Source) -> Iterator[Rows]:
    mark = marked(source.handle.read(4)) or source.read.encoding or ""
    if mark.lower().replace("-", "").replace("_", "").startswith(("utf16", "utf32")):
        raise source.error(f"is {mark}, which cannot be read in pieces", "Save it as utf-8, or write stream: false.")
    source.handle.seek(0)
    header = read_header(source)
    lines = header.count(b"\n")
    skipped = 0
    is_empty = True
    for block in read_blocks(source.handle, source.read.quotechar.encode(), BYTES):
        if _holds_no_row(block, source):
            skipped += block.count(b"\n")
            continue
        is_empty = False
        piece = Source(source.path, io.BytesIO(header + block), source.config)
        try:
            rows = SOURCES[source.path.suffix.lower()](piece)
        except DlrunError as error:
            raise type(error)(*(_moved(p, lines, skipped) for p in error.problems)) from error
        rows.notes = [note for note in rows.notes if "end with a line end" not in note or not block.endswith(b"\n")]
        yield rows
        skipped += block.count(b"\n")
    if is_empty:  # whoever reads the header alone will say so
        yield SOURCES[source.path.suffix.lower()](Source(source.path, io.BytesIO(header), source.config))


def _holds_no_row(block: bytes, source: Source) -> bool:
    """Tell whether there are empty lines and comments alone in a piece: as a file of its own it would have no rows."""
    comment = (source.read.comment or "").encode()
    lines = (line.rstrip(b"\r\n") for line in io.BytesIO(block))
    return all(not line or (comment and line.startswith(comment)) for line in lines)


def _moved(problem: Problem, lines: int, skipped: int) -> Problem:
    """Return the problem with its line in the whole file."""
    place = problem.location
    if not skipped or place is None or place.line <= lines:
        return problem
    what = f"{problem.what} (rows are counted from line {lines + skipped + 1})"
    return Problem(what, problem.fix, problem.where, Location(place.file, place.line + skipped, place.column))


__all__: list[Any] = ["BYTES", "CELLS", "can_be_read_in_pieces", "read_in_pieces"]
