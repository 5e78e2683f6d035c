"""Text files of the common kind by pyarrow: several times as fast as pandas, with a block of the text in memory.

It gives the table that pandas would give, to the last bit, or nothing: whatever is odd about a file (a fault, another
encoding, quotes in unusual places, cells that the two might not take for the same) is left to pandas, and to the
closer look that finds the line of a fault.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.encoding import marked
from dlrun.data.memory import empty
from dlrun.data.names import checked_names
from dlrun.data.sources.blocks import read_blocks, read_header
from dlrun.data.sources.layout import Layout
from dlrun.data.sources.records import find_shape
from dlrun.data.sources.source import Source
from dlrun.errors import DlrunError

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]
BYTES = 2**22  # of the text, in a block
_UTF8 = (None, "utf-8", "utf8", "utf_8")
_NOT_WHOLE = r"[^0-9+-]"  # there is such a letter in a number that is no whole one
# There is another letter than these in a cell that is neither number, boolean nor blank to pandas, be it `-Infinity`.
_TEXT = r"[^\x00-\x20\x7f0-9+.,_aefilnrstuyAEFILNRSTUY-]"


class NotPlainError(Exception):
    """The file is not of the common kind."""


def read_plain(source: Source, layout: Layout, as_text: set[str]) -> pd.DataFrame | None:
    """Return the rows of a file; None where pandas must read it.

    Args:
        source: The file.
        layout: How it is laid out.
        as_text: Columns that are text, whatever they hold.
    """
    if not _has_plain_options(source, layout):
        return None
    source.handle.seek(0)
    if marked(source.handle.read(4)) is not None:
        return None
    source.handle.seek(0)
    header = read_header(source)
    names = _names(source, layout, header)
    told = {*(source.read.usecols or ()), *source.read.dtype, *source.read.parse_dates}
    if names is None or not told <= {*names}:
        return None
    wanted = names if source.read.usecols is None else [name for name in names if name in source.read.usecols]
    try:
        table = _Table(source, layout, names, wanted, as_text)
        for block in read_blocks(source.handle, source.read.quotechar.encode(), BYTES):
            table.add(block)
        return table.frame()
    except NotPlainError:
        return None


def _has_plain_options(source: Source, layout: Layout) -> bool:
    read = source.read
    ascii_only = all(len(sign.encode()) == 1 for sign in (layout.sep, read.quotechar))
    nothing_odd = not (read.comment or read.skipinitialspace or read.thousands or read.true_values or read.false_values)
    # pandas compares a number among `na_values` with numbers, not with texts.
    words = all(re.search(_TEXT, str(value)) for value in read.na_values)
    has_names = layout.header is not None or read.names is not None
    return ascii_only and nothing_odd and words and has_names and read.decimal == "." and read.encoding in _UTF8


def _names(source: Source, layout: Layout, header: bytes) -> list[str] | None:
    given = source.read.names
    try:
        if layout.header is None:
            return checked_names(given or (), source.path)
        shape = find_shape(io.StringIO(header.decode(), newline=""), layout)
        if shape is None or shape.num_records or (given is not None and len(given) != len(shape.names)):
            return None
        return checked_names(given or shape.names, source.path)
    except (DlrunError, UnicodeError):
        return None


class _Table:
    """The columns, as they grow block by block."""

    def __init__(self, source: Source, layout: Layout, names: list[str], wanted: list[str], as_text: set[str]) -> None:
        import pyarrow as pa

        if len(names) < 2:  # a blank line would be a row with a missing value
            raise NotPlainError
        self._source, self._layout, self._names, self._wanted = source, layout, names, wanted
        self._types: dict[str, Any] = {name: pa.string() for name in wanted if name in as_text}
        self._unsure = {*wanted} - as_text  # columns that, if they turn out to be text, might be none to pandas
        self._columns: dict[str, Array] = {}
        self._words: dict[str, dict[Any, Any]] = {name: {} for name in wanted}
        self._count = 0
        sep, quote = (re.escape(sign.encode()) for sign in (layout.sep, source.read.quotechar))
        parts = {b"q": quote, b"s": sep}
        field = rb"%(q)s(?<![^%(s)s\n]%(q)s)[^%(q)s]*(?:%(q)s%(q)s[^%(q)s]*)*%(q)s(?=[%(s)s\r\n]|\Z)"
        self._quoted_field = re.compile(field % parts)

    def add(self, block: bytes) -> None:
        """Take up a block's rows."""
        if not block.strip():
            return
        self._check(block)
        table = self._parsed(block)
        for name in self._wanted:
            self._put(name, table.column(name), len(block))
        self._count += len(table)

    def _check(self, block: bytes) -> None:
        """Raise if the block has bytes that pandas and pyarrow might not take for the same."""
        quote = self._source.read.quotechar.encode()
        odd = b"\0" in block or b"0x" in block or b"0X" in block or block.count(b"\r") != block.count(b"\r\n")
        quotes = block.count(quote)
        if odd or (quotes and b"".join(self._quoted_field.findall(block)).count(quote) != quotes):
            raise NotPlainError
        if not block.isascii():
            try:
                block.decode()
            except UnicodeError as error:
                raise NotPlainError from error

    def _parsed(self, block: bytes) -> Any:
        """Return the block as a pyarrow table whose columns have their types, which may change with it."""
        import pyarrow as pa

        if len(self._types) == len(self._wanted):
            try:
                return self._read(block, self._types)
            except pa.ArrowInvalid:  # a column is of another type here, or the block is broken
                pass
        try:
            texts = self._read(block, dict.fromkeys(self._wanted, pa.string()))
        except pa.ArrowInvalid as error:
            raise NotPlainError from error
        return pa.table({name: self._settled(name, texts.column(name)) for name in self._wanted})

    def _read(self, block: bytes, types: dict[str, Any]) -> Any:
        import pyarrow as pa
        from pyarrow import csv

        read = self._source.read
        missing = [*(_pandas_missing() if read.keep_default_na else ()), *map(str, read.na_values)]
        quote = read.quotechar
        return csv.read_csv(
            pa.BufferReader(block),
            csv.ReadOptions(column_names=self._names, block_size=len(block) + 1),
            csv.ParseOptions(delimiter=self._layout.sep, quote_char=quote, newlines_in_values=quote.encode() in block),
            csv.ConvertOptions(
                column_types=types, include_columns=self._wanted, null_values=missing, strings_can_be_null=True
            ),
        )

    def _settled(self, name: str, texts: Any) -> Any:
        """Return a block's cells of a column in the first type, from the one that it has had so far, that fits them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for dtype in (pa.int64(), pa.float64()):
            if self._types.get(name, dtype) not in (dtype, pa.int64()):
                continue
            try:
                cells = pc.cast(texts, dtype)
            except pa.ArrowInvalid:
                continue
            if dtype == pa.float64() and self._types.get(name) != dtype and not _has_match(texts, _NOT_WHOLE):
                raise NotPlainError  # whole numbers that pyarrow does not read as such, `+5` or one of 65 bits
            self._types[name] = dtype
            return cells
        if name in self._columns and not self._may_be_text(self._columns[name][: self._count]):
            raise NotPlainError  # numbers above, text here: pandas makes text of all of them, as they were written
        self._types[name] = pa.string()
        return texts

    def _put(self, name: str, cells: Any, num_bytes: int) -> None:
        """Write a block's cells below those of the column that are there."""
        values = self._text(name, cells) if self._types[name] == "string" else _numbers(cells)
        column = self._columns.pop(name, None)
        if column is None:
            column = empty((self._guess(len(values), num_bytes),), values.dtype)
        if column.dtype.kind == "i" and values.dtype.kind == "f":
            column = column.astype(np.float64)
        elif column.dtype != object and values.dtype == object:
            column = np.full(len(column), None, dtype=object)
        end = self._count + len(values)
        if end > len(column):
            grown = empty((end + end // 8,), column.dtype)
            grown[: self._count] = column[: self._count]
            column = grown
        column[self._count : end] = values
        self._columns[name] = column

    @staticmethod
    def _may_be_text(values: Array) -> bool:
        """Tell whether a column is text, or has no value so far and may become text."""
        return values.dtype == object or (values.dtype.kind == "f" and bool(np.isnan(values).all()))

    def _guess(self, num_rows: int, num_bytes: int) -> int:
        """Return how many rows the file has if they are all as long as the first ones, and a few more.

        Memory that is not written to costs nothing, and a column that need not grow is never copied.
        """
        size = self._source.handle.seek(0, io.SEEK_CUR)
        place = self._source.handle.seek(0, io.SEEK_END)
        self._source.handle.seek(size)
        return num_rows if place <= size else int(1.05 * num_rows * place / max(num_bytes, 1)) + 1

    def _text(self, name: str, cells: Any) -> Array:
        """Return cells as objects, each word once, None for a missing one."""
        import pyarrow as pa

        cells = cells.combine_chunks().dictionary_encode()
        words = cells.dictionary
        if name in self._unsure and _has_match(words, _TEXT):
            self._unsure.discard(name)
        known = self._words[name]
        objects = np.array([*(known.setdefault(word, word) for word in words.to_pylist()), None], dtype=object)
        values: Array = objects[cells.indices.fill_null(pa.scalar(len(words), cells.indices.type)).to_numpy()]
        return values

    def frame(self) -> pd.DataFrame:
        """Return all rows."""
        import pandas as pd
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
        if not self._count:
            raise NotPlainError
        index = pd.RangeIndex(self._count)
        columns = {}
        for name in self._wanted:
            values = self._columns.pop(name)[: self._count]
            doubtful = values.dtype == object and name in self._unsure
            if doubtful or (values.dtype.kind == "f" and not _are_plain_floats(values)):
                raise NotPlainError
            columns[name] = pd.Series(values, index=index, name=name, dtype=values.dtype, copy=False)
        return pd.DataFrame(columns, index=index, copy=False)


def _numbers(cells: Any) -> Array:
    values: Array = cells.to_numpy(zero_copy_only=False) if cells.num_chunks else np.empty(0)
    if values.dtype.kind == "f" and np.count_nonzero(np.isnan(values)) != cells.null_count:
        raise NotPlainError  # a spelling of NaN that is no missing value
    return values


def _are_plain_floats(values: Array) -> bool:
    """Tell whether no number is beyond 64 bits, where whole numbers are an error."""
    step = 2**20
    with np.errstate(invalid="ignore"):
        parts = (np.abs(values[at : at + step]) >= 2.0**63 for at in range(0, len(values), step))
        return not any(bool(part.any()) for part in parts)


def _has_match(texts: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def _pandas_missing() -> list[str]:
    """Return what pandas takes for a missing value."""
    return [
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
        "NULL", "NaN", "None", "n/a", "nan", "null",
    ]  # fmt: skip
