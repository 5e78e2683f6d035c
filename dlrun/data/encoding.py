"""How a text file is encoded: told, or found out; never guessed in silence, since a wrong guess is mojibake."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dlrun.data.names import shown
from dlrun.errors import DataError, Location, Problem

_CHUNK = 1 << 20
_MARKS = {  # a byte order mark says it all; utf-32's begins like utf-16's
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_HANGUL = re.compile("[가-힣]")


def is_encoding(name: str) -> bool:
    """Tell whether Python knows a text encoding of this name."""
    try:
        "a".encode(name)
    except (LookupError, UnicodeError):
        return False
    return True


def find_encoding(handle: BinaryIO, told: str | None, path: Path) -> str:
    """Return the encoding of an open file, having read all of it strictly.

    Args:
        handle: The file; it is rewound.
        told: What the config says, if anything.
        path: The file's path, for messages.

    Raises:
        DataError: If the file cannot be read so; it names the encoding to try, and the line.
    """
    mark = marked(_start(handle))
    told_name = codecs.lookup(told).name if told else None
    if mark and told_name and not _agree(mark, told_name):
        what = f"begins with the byte order mark of {mark.removesuffix('-sig')}, but read says {told}"
        raise DataError(Problem(what, "Leave out read: encoding.", "", Location(shown(path))))
    encoding = mark or told_name or "utf-8"
    fault = _first_fault(handle, encoding)
    handle.seek(0)
    if fault is None:
        return encoding
    offset, byte = fault
    location = Location(shown(path), _line_at(handle, offset))
    if byte == 0:
        fix = "It may be cut off or no text; if it was saved as Unicode by Excel, write read: {encoding: utf-16}."
        raise DataError(Problem(f"holds a NUL byte (byte {offset})", fix, "", location))
    what = f"is not {encoding.removesuffix('-sig')}: byte 0x{byte:02x} at {offset}"
    raise DataError(Problem(what, f"Write read: {{encoding: {_better(handle, encoding)}}}.", "", location))


def guess_encoding(handle: BinaryIO) -> str | None:
    """Return the encoding that a config has to tell for this file; None where it reads without being told.

    Args:
        handle: The open file; it is rewound.
    """
    mark = marked(_start(handle))
    fault = _first_fault(handle, mark or "utf-8")
    found = None if mark or fault is None or fault[1] == 0 else _better(handle, "utf-8")
    handle.seek(0)
    return found


def peek_encoding(start: bytes, told: str | None) -> str | None:
    """Return the encoding by a file's first bytes alone; None where they do not fit."""
    mark = marked(start)
    if told and not is_encoding(told):
        return None
    encoding = mark or told or "utf-8"
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(start, final=False)
    except UnicodeError:
        return None
    return encoding


def marked(start: bytes) -> str | None:
    """Return the encoding that a byte order mark stands for; None without one."""
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)


def reads_as_utf8(handle: BinaryIO) -> bool:
    """Tell whether a file is utf-8 beyond ASCII, which a file in another encoding is never by chance."""
    handle.seek(0)
    ascii_only = all(chunk.isascii() for chunk in _chunks(handle))
    return not ascii_only and _first_fault(handle, "utf-8") is None


def _start(handle: BinaryIO) -> bytes:
    handle.seek(0)
    return handle.read(4)


def _agree(mark: str, told: str) -> bool:
    return told.replace("_", "-").startswith(mark.removesuffix("-sig"))


def _chunks(handle: BinaryIO) -> Iterator[bytes]:
    while chunk := handle.read(_CHUNK):
        yield chunk


def _first_fault(handle: BinaryIO, encoding: str) -> tuple[int, int] | None:
    """Return place and value of the first byte that does not belong there; None where all is well."""
    handle.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    nul_is_text = encoding.startswith(("utf-16", "utf-32"))
    place, held = 0, b""
    for chunk in _with_end(handle):
        nul = -1 if nul_is_text else chunk.find(b"\0")
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeError as error:
            start = error.start if isinstance(error, UnicodeDecodeError) else 0
            data = held + chunk
            bad = place - len(held) + start
            if nul < 0 or bad < place + nul:
                return bad, data[start] if start < len(data) else 0
        if nul >= 0:
            return place + nul, 0
        place += len(chunk)
        held = decoder.getstate()[0]
    return None


def _with_end(handle: BinaryIO) -> Iterator[bytes]:
    yield from _chunks(handle)
    yield b""


def _line_at(handle: BinaryIO, offset: int) -> int:
    handle.seek(0)
    line, left = 1, offset
    while left > 0 and (chunk := handle.read(min(_CHUNK, left))):
        line += chunk.count(b"\n")
        left -= len(chunk)
    handle.seek(0)
    return line


def _better(handle: BinaryIO, tried: str) -> str:
    """Return the encoding to try: utf-8 or cp949 where the file reads strictly so, else latin-1, which reads all."""
    if tried not in ("utf-8", "utf-8-sig") and reads_as_utf8(handle):
        return "utf-8"
    if _first_fault(handle, "cp949") is None and _has_hangul(handle):
        return "cp949"
    return "latin-1"


def _has_hangul(handle: BinaryIO) -> bool:
    handle.seek(0)
    decoder = codecs.getincrementaldecoder("cp949")("strict")
    found = any(_HANGUL.search(decoder.decode(chunk)) for chunk in _chunks(handle))
    handle.seek(0)
    return found
