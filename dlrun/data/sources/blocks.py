"""A text file's header, and what stands below it in blocks of whole records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from dlrun.data.sources.layout import layout_of
from dlrun.data.sources.source import Source


def read_header(source: Source) -> bytes:
    """Return the file's beginning up to the line with the names, and leave the handle behind it."""
    layout = layout_of(source.path, source.config)
    quote = source.read.quotechar.encode()
    comment = (source.read.comment or "").encode()
    found, wanted = b"", source.read.skiprows
    lines = 0
    while lines < wanted and (line := source.handle.readline()):
        found += line
        lines += 1
    named = -1 if layout.header is None else layout.header
    record = b""
    while named >= 0 and (line := source.handle.readline()):
        found += line
        record += line
        if record.count(quote) % 2:
            continue
        blank = not record.strip() or (comment and record.startswith(comment))
        named -= not blank
        record = b""
    return found


def read_blocks(handle: BinaryIO, quote: bytes, size: int) -> Iterator[bytes]:
    """Yield what is left of a file in blocks that end where a line ends, and in no quotes.

    Args:
        handle: The file.
        quote: The quote character.
        size: Bytes in a block, about; a longer record is a block of its own.
    """
    held = b""
    while data := handle.read(max(size, len(held))):  # what is held is looked through again, so it must double
        held += data
        end = _last_line_end(held, quote)
        if end:
            yield held[:end]
            held = held[end:]
    if held.strip():
        yield held


def _last_line_end(data: bytes, quote: bytes) -> int:
    """Return where the last line that is whole, and ends in no quotes, ends; 0 if there is none."""
    at = data.rfind(b"\n") + 1
    open_quotes = data.count(quote, 0, at)
    while at and open_quotes % 2:
        place = data.rfind(quote, 0, at)
        open_quotes -= 1
        line_end = data.rfind(b"\n", 0, place) + 1
        open_quotes -= data.count(quote, line_end, place)
        at = line_end
    return at
