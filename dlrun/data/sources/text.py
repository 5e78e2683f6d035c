"""Text files: csv, tsv, txt, data. They give what pandas reads with its own defaults.

Those of the common kind are read by pyarrow (`plain_text.py`), the others by pandas itself, after a look at what
pandas would not tell.
Blank lines are left out, as pandas does. Messages count lines of the file from 1; a "row" is a row below the header,
also counted from 1.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dlrun.data.encoding import find_encoding, is_encoding, reads_as_utf8
from dlrun.data.names import checked_names, shown
from dlrun.data.sources.layout import SPACES, Layout, check_separator, layout_of
from dlrun.data.sources.plain_text import read_plain
from dlrun.data.sources.records import Fault, Shape, find_shape, lines_of_rows, numbered_rows
from dlrun.data.sources.source import Rows, Source

if TYPE_CHECKING:
    import pandas as pd


def read_text(source: Source) -> Rows:
    """Read a text file.

    Raises:
        DataError: If the file is broken: another encoding, rows of another length, an open quote, a name twice.
        ConfigError: If a `read` option does not fit the file.
    """
    check_options(source)
    layout = layout_of(source.path, source.config)
    plain = read_plain(source, layout, {*_texts(source), *source.read.parse_dates})
    if plain is not None:
        return Rows(plain, notes=_notes(source, "utf-8"))
    encoding = find_encoding(source.handle, source.read.encoding, source.path)
    with _as_text(source, encoding) as text:
        shape = find_shape(text, layout)
        names = _names(source, layout, shape)
        assert shape is not None
        if shape.fault is not None:
            raise _ragged(source, shape.fault, len(names))
        if not shape.num_records:
            raise source.error("has a header but no rows below it")
        text.seek(0)
        frame = _parse(source, text, layout, names)
    return Rows(frame, notes=_notes(source, encoding))


def check_options(source: Source) -> None:
    """Make sure that the options make sense by themselves.

    Raises:
        ConfigError: If one does not.
    """
    read = source.read
    if read.encoding is not None and not is_encoding(read.encoding):
        raise source.wrong_option("encoding", f"unknown encoding '{read.encoding}'", "Try utf-8, cp949 or latin-1.")
    if read.sep is not None and read.sep != SPACES and len(read.sep) != 1:
        fix = r'Write one character, "\t" for a tab, or "\s+" for any number of spaces.'
        raise source.wrong_option("sep", f"a separator is one character, not '{read.sep}'", fix)
    for option in ("comment", "quotechar", "decimal", "thousands"):
        value = getattr(read, option)
        if value is not None and len(value) != 1:
            raise source.wrong_option(option, f"expected one character, got '{value}'")
    if read.names is not None and len(set(read.names)) < len(read.names):
        raise source.wrong_option("names", "a name appears more than once")


def find_lines(source: Source, rows: Collection[int]) -> dict[int, int]:
    """Return the lines in which some rows begin, all counted from 1; for messages."""
    encoding = find_encoding(source.handle, source.read.encoding, source.path)
    with _as_text(source, encoding) as text:
        return lines_of_rows(text, layout_of(source.path, source.config), rows)


@contextmanager
def _as_text(source: Source, encoding: str) -> Iterator[io.TextIOWrapper]:
    source.handle.seek(0)
    text = io.TextIOWrapper(source.handle, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _names(source: Source, layout: Layout, shape: Shape | None) -> list[str]:
    if shape is None:
        raise source.error("is empty" if layout.header in (0, None) else f"has no line {layout.header} for a header")
    if layout.header is not None:
        check_separator(shape.names, layout, source.path)
    given = source.read.names
    if given is None:
        return checked_names(shape.names, source.path)
    if len(given) != len(shape.names):
        what = f"{len(given)} names for the {len(shape.names)} columns of {shown(source.path)}"
        raise source.wrong_option("names", what)
    return checked_names(given, source.path)


def _ragged(source: Source, fault: Fault, width: int) -> Exception:
    fields = f"{fault.num_fields} field" + ("s" if fault.num_fields != 1 else "")
    what = f"row {fault.row} has {fields}, not {width} like the header"
    if fault.last_line > fault.line:
        fix = f"Its text runs on to line {fault.last_line}: a quote that opens there is not closed."
    elif fault.is_last and fault.num_fields < width:
        fix = "It is the last row: the file seems to be cut off."
    elif fault.num_fields == width + 1:
        fix = "A field that holds the separator must stand in quotes; a first column without a name needs one."
    else:
        fix = "Every row must have a field for each column; a missing value is an empty field."
    return source.error(what, fix, fault.line)


def _parse(source: Source, text: io.TextIOWrapper, layout: Layout, names: list[str]) -> pd.DataFrame:
    import pandas as pd

    read = source.read
    for option, wanted in (("usecols", read.usecols or ()), ("dtype", read.dtype), ("parse_dates", read.parse_dates)):
        source.check_columns(option, wanted, names)
    as_text = _texts(source)
    options: dict[str, Any] = {
        "sep": layout.sep,
        "header": layout.header,
        "names": names,
        "index_col": False,  # pandas would take a first column without a name for row labels
        "usecols": None if read.usecols is None else sorted(names.index(n) for n in read.usecols),
        "skiprows": read.skiprows,
        "comment": read.comment,
        "skipinitialspace": read.skipinitialspace,
        "quotechar": read.quotechar,
        "decimal": read.decimal,
        "thousands": read.thousands,
        "dtype": dict.fromkeys([*as_text, *read.parse_dates], str),
        "na_values": list(read.na_values) or None,
        "keep_default_na": read.keep_default_na,
        "true_values": list(read.true_values) or None,
        "false_values": list(read.false_values) or None,
        "low_memory": False,  # else a column's type is found piece by piece, and pieces differ
    }
    try:
        frame: pd.DataFrame = pd.read_csv(text, **options)
    except pd.errors.ParserError as error:
        raise _unclosed(source, text, layout, error) from error
    for name in frame.columns:
        if frame[name].dtype == object and name not in as_text:
            _check_whole_numbers(source, frame[name])
    return frame


def _texts(source: Source) -> set[str]:
    """Return the columns that are text, as `read.dtype` says."""
    return {name for name, dtype in source.read.dtype.items() if dtype in ("str", "string", "text", "object")}


def _check_whole_numbers(source: Source, column: pd.Series) -> None:
    """Refuse whole numbers beyond 64 bits, which pandas keeps as text: the column would become categories."""
    present = column.dropna()
    digits = present.map(lambda cell: str(cell).strip().lstrip("+-"))
    if not len(digits) or not all(cell.isascii() and cell.isdigit() for cell in digits):
        return
    beyond = present[[int(cell[:20]) >= 2**63 for cell in digits]]
    if beyond.empty:
        return
    what = f"column '{column.name}' holds a whole number beyond 64 bits: {beyond.iloc[0]} in row {beyond.index[0] + 1}"
    raise source.error(what, f"Read it as text: read: {{dtype: {{{column.name}: str}}}}.")


def _unclosed(source: Source, text: io.TextIOWrapper, layout: Layout, error: Exception) -> Exception:
    """Return the error for what pandas cannot read: in practice a quote that is open at the file's end."""
    line = 0
    for first, last, _ in numbered_rows(text, layout):
        if last > first:
            line = first
    if "EOF inside string" in str(error):
        return source.error("a quote opens here and is never closed", "Close it, or double it inside a text.", line)
    return source.error(f"cannot be read: {error}")


def _notes(source: Source, encoding: str) -> list[str]:
    notes = []
    handle = source.handle
    handle.seek(-1, io.SEEK_END)
    if handle.read() not in b"\r\n" and not encoding.startswith(("utf-16", "utf-32")):
        notes.append(
            f"{shown(source.path)} does not end with a line end; if it was cut off, its last field is not whole."
        )
    if encoding not in ("utf-8", "utf-8-sig", "ascii") and not encoding.startswith("utf") and reads_as_utf8(handle):
        notes.append(f"{shown(source.path)} was read as {encoding} because the config says so; it is valid utf-8.")
    return notes
