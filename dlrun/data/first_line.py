"""A file's column names, by its first lines and the standard library alone."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.data.encoding import peek_encoding
from dlrun.data.find_files import find_files
from dlrun.data.names import checked_names, column_name
from dlrun.data.sources.layout import Layout, check_separator, layout_of, records
from dlrun.errors import DataError

if TYPE_CHECKING:
    from dlrun.config.config import Config

_BYTES = 1 << 16
TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".data")


def first_names(config: Config) -> list[str] | None:
    """Return the columns of the first file of `data.source`; None where its first lines do not tell.

    Raises:
        DataError: If its one column seems to be several, with another separator.
    """
    if config.data is None:
        return None
    try:
        path = find_files(config.data.source)[0]
        names = _names_in(path, config)
    except (DataError, OSError):
        return None  # reading it will say what is wrong, better than a peek can
    if names is not None:
        check_separator(names, layout_of(path, config), path)
    wanted = config.data.read.usecols
    if names is None or wanted is None:
        return names
    return [name for name in names if name in map(column_name, wanted)]


def _names_in(path: Path, config: Config) -> list[str] | None:
    if path.is_dir():
        return ["image", "label"] if any(entry.is_dir() for entry in path.iterdir()) else ["image"]
    ending = path.suffix.lower()
    if ending == ".npz":
        return _npz_names(path)
    if ending not in TEXT_ENDINGS:
        return None
    with path.open("rb") as handle:
        start = handle.read(_BYTES)
    assert config.data is not None
    read = config.data.read
    encoding = peek_encoding(start, read.encoding)
    layout = layout_of(path, config)
    if encoding is None or (b"\0" in start and not encoding.startswith(("utf-16", "utf-32"))):
        return None
    if layout.sep != r"\s+" and len(layout.sep) != 1:
        return None
    first = _first_record(start.decode(encoding, errors="ignore"), layout, whole=len(start) < _BYTES)
    if first is None:
        return None
    if read.names is not None:
        return checked_names(read.names, path)
    return checked_names(first, path) if layout.header is not None else [str(n) for n in range(len(first))]


def _first_record(text: str, layout: Layout, *, whole: bool) -> list[str] | None:
    """Return the header, or the first row without one; None where it may go on beyond the text."""
    lines = io.StringIO(text, newline="")
    filled = (fields for fields in records(lines, layout) if fields and (len(fields) > 1 or fields[0].strip()))
    for place, fields in enumerate(filled):
        if place == (layout.header or 0):
            return fields if whole or lines.tell() < len(text) else None
    return None


def _npz_names(path: Path) -> list[str] | None:
    try:
        with zipfile.ZipFile(path) as file:
            return checked_names([name.removesuffix(".npy") for name in file.namelist()], path)
    except zipfile.BadZipFile:
        return None
