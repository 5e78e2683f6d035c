"""Tables larger than memory: read and prepared a piece at a time, with their columns on disk.

What comes out is the dataset that reading the files whole gives, row for row and bit for bit; so whatever is done
with it afterwards, one column or some rows at a time, gives the same numbers.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.checks.stream import unstreamable
from dlrun.data.columns import columns_in_use
from dlrun.data.disk import Disk, GrowingColumn
from dlrun.data.dtypes import is_text
from dlrun.data.find_files import find_files
from dlrun.data.image_names import is_image
from dlrun.data.kinds import text_columns
from dlrun.data.labels import label_notes, labelled_rows, no_label
from dlrun.data.names import column_name, shown
from dlrun.data.origins import FileRecord, Origins
from dlrun.data.prepare.context import Context
from dlrun.data.prepare.steps import prepare
from dlrun.data.read import in_file, typed
from dlrun.data.sources.pieces import can_be_read_in_pieces, read_in_pieces
from dlrun.data.sources.source import Source
from dlrun.data.table import Table
from dlrun.data.text_rows import GrowingText
from dlrun.errors import ConfigError, DataError, Location, Problem
from dlrun.lazy_rows import LazyRows, joined

if TYPE_CHECKING:
    from dlrun.config.config import Config

Array = np.ndarray[Any, Any]

SHARE_OF_MEMORY = 0.2  # of the machine's; a table whose cells take more is read a piece at a time by itself
_CELL = 8  # bytes
_FLOAT = 4


def must_stream(config: Config) -> str | None:
    """Return why the rows are to be read a piece at a time; None if they are read whole.

    Raises:
        ConfigError: If the config asks for it, and for what cannot be done so.
    """
    assert config.data is not None
    if config.data.stream is False:
        return None
    if holds_images(config):
        return None  # their rows are lazy, and decided upon once they are counted
    keys = (config.data.source, config.data.validation_source, config.data.test_source)
    patterns = [pattern for sources in keys for pattern in sources or ()]
    if config.data.stream is None:
        size, memory = _size_in_memory(patterns), _memory()
        if size <= SHARE_OF_MEMORY * memory or any(unstreamable(config)):
            return None
        sizes = f"{size / 2**30:.1f} GiB, of {memory / 2**30:.0f} GiB of memory"
        return f"The data take {sizes}: rows are read a piece at a time and stay on disk (stream)."
    endings = {path.suffix.lower() for path in find_files(patterns)}
    problems = list(unstreamable(config))
    problems += [
        config.problem(("data", "stream"), f"{ending} files cannot be read a piece at a time", "Save them as parquet.")
        for ending in sorted(endings)
        if not can_be_read_in_pieces(ending)
    ]
    if problems:
        raise ConfigError(*problems)
    return "Rows are read a piece at a time and stay on disk (stream)."


def holds_images(config: Config) -> bool:
    """Tell whether the rows are images in files of their own."""
    assert config.data is not None
    try:
        files = find_files(config.data.source)
    except DataError:
        return False  # whoever reads them will say what is wrong
    return all(file.is_dir() or is_image(file) for file in files)


def in_memory(tensors: Mapping[str, Any], config: Config) -> tuple[dict[str, Any], list[str]]:
    """Return columns with the decision whether lazy rows stay so, and what to say of it.

    Where there is room for them, the rows of a part are decoded once, into the array that the network takes.
    """
    assert config.data is not None
    lazy = {name: rows for name, rows in tensors.items() if isinstance(rows, LazyRows)}
    steps = {column_name(name): own for name, own in config.preprocessing.columns.items()}
    made = sum(_FLOAT * int(np.prod(rows.shape)) for name, rows in lazy.items() if steps.get(name))
    size, memory = made + sum(rows.nbytes for rows in lazy.values()), _memory()
    fits = config.data.stream is None and size <= SHARE_OF_MEMORY * memory
    if not lazy or config.data.stream is False or fits:
        return dict(tensors), []
    tensors = {**tensors, **{name: replace(rows, stays=True) for name, rows in lazy.items()}}
    why = f"The images take {size / 2**30:.1f} GiB, of {memory / 2**30:.0f} GiB of memory: they"
    said = "Images" if config.data.stream else why
    return dict(tensors), [f"{said} stay in their files, and are decoded batch by batch (stream)."]


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 2**63


def _size_in_memory(patterns: Iterable[str]) -> int:
    """Return about how many bytes the files' cells take; 0 if they cannot be read a piece at a time."""
    try:
        files = find_files(patterns)
    except DataError:
        return 0  # whoever reads them will say what is wrong
    return sum(map(_cells_of, files)) if all(can_be_read_in_pieces(f.suffix.lower()) for f in files) else 0


def _cells_of(file: Path) -> int:
    if file.suffix.lower() != ".parquet":
        return file.stat().st_size  # a number and its comma take about as much
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(file)
    except (pa.ArrowInvalid, OSError):
        return 0
    return int(_CELL * metadata.num_rows * metadata.num_columns)


@dataclass
class StreamedFiles:
    """The rows of one or more files that have a label, prepared, and on disk.

    Args:
        config: The config.
        is_new: Whether a column that lacks is the file's fault, not the config's.
        first: The number of the first row; files read before took the numbers below.
        texts: The columns that stay on disk as text, as the training files decided it; None: these decide it.

    Attributes:
        records: The files that were read.
        notes: What was noticed.
        columns: The rows, by column: those that the network reads as text, or that nothing needs, as such.
        order: The columns, in the files' order.
        numbers: The rows' numbers in the files, piece by piece.
        left_out: How many rows had no label, and how many one that was filled in.
    """

    config: Config
    is_new: bool
    first: int
    texts: set[str] | None = None
    records: list[FileRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: dict[str, GrowingColumn | GrowingText] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    numbers: list[Array] = field(default_factory=list)
    left_out: list[int] = field(default_factory=lambda: [0, 0])

    def __enter__(self) -> StreamedFiles:
        return self

    def __exit__(self, *error: object) -> None:
        for column in self.columns.values():
            column.close()

    def read(self, sources: Iterable[str | Path], check: Any) -> None:
        """Read all of some files.

        Args:
            sources: Paths and globs.
            check: Called with the first prepared piece.

        Raises:
            DataError: If a file cannot be read, or the files' columns differ.
            ConfigError: If a `read` option or a prepare step does not fit.
        """
        for path in find_files(sources):
            for table, notes in self._pieces(path):
                context = Context(self.config, is_new=self.is_new, is_piece=True)
                prepared = prepare(table, context)
                self.notes += [*notes, *context.notes]
                if len(prepared):
                    if not self.columns:
                        check(prepared)
                    self._add(prepared, path)
        if not self.columns:
            raise no_label(self.config)
        self.notes = list(dict.fromkeys([*self.notes, *label_notes(self.config, *self.left_out)]))

    def _pieces(self, path: Path) -> Iterator[tuple[Table, list[str]]]:
        import pandas as pd

        at = self.first + sum(record.rows for record in self.records)
        start = at
        try:
            with path.open("rb") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
                size = handle.tell()
                handle.seek(0)
                for rows in read_in_pieces(Source(path, handle, self.config)):
                    if rows.tensors:
                        raise DataError(Problem("holds columns with several axes", "Write stream: false."))
                    frame = typed(rows.frame, self.config).set_axis(pd.RangeIndex(at, at + len(rows.frame)))
                    at += len(frame)
                    known = [*self.records, FileRecord(path, digest, size, start, at - start)]
                    yield Table(frame, origins=Origins(self.config, known)), rows.notes
        except OSError as error:
            raise DataError(Problem(f"cannot be read: {error.strerror}", "", "", Location(shown(path)))) from error
        except DataError as error:
            raise in_file(error, path) from error
        self.records.append(FileRecord(path, digest, size, start, at - start))

    def _add(self, table: Table, path: Path) -> None:
        """Take up the rows of a piece that have a label."""
        keep, missing, imputed = labelled_rows(table, self.config)
        self.left_out[0] += missing
        self.left_out[1] += imputed
        if not self.columns:
            self.order = list(table.frame.columns)
            if self.texts is None:
                self.texts = texts_on_disk(self.config, table)
            self.columns = {name: self._column(name) for name in self.order}
        if set(self.columns) != set(table.frame.columns):
            odd = ", ".join(sorted(set(self.columns) ^ set(table.frame.columns)))
            raise DataError(Problem(f"its columns are not those of the files before: {odd}", "", "", _place(path)))
        self.numbers.append(table.frame.index.to_numpy()[keep])
        for name, column in self.columns.items():
            try:
                column.append(table.frame[name].to_numpy()[keep])
            except DataError as error:
                raise in_file(error, path) from error

    def _column(self, name: str) -> GrowingColumn | GrowingText:
        if self.texts is None or name not in self.texts:
            return GrowingColumn(name)
        return GrowingText(name, takes_all=name not in text_columns(self.config))

    def table(self) -> Table:
        """Return the rows that have a label, in one table on disk."""
        disk = Disk()
        numbers = np.concatenate(self.numbers)
        if not len(numbers):
            raise no_label(self.config)
        return self.part(numbers, np.arange(len(numbers)), disk)

    def part(self, numbers: Array, positions: Array, disk: Disk) -> Table:
        """Return some of the rows as a table on disk; the columns are copied one after the other."""
        import pandas as pd

        index = pd.Index(numbers)
        columns = {}
        for name, column in self.columns.items():
            if isinstance(column, GrowingText):
                continue  # no part has a copy of it
            whole = column.whole()
            values = whole[positions]
            if values.dtype != object:
                on_disk = disk.empty(values.shape, values.dtype)
                on_disk[:] = values
                values = on_disk
            columns[name] = pd.Series(values, index=index, name=name, dtype=values.dtype, copy=False)
            disk.release()
        frame = pd.DataFrame(columns, index=index, copy=False)
        return Table(frame, origins=Origins(self.config, self.records), disk=disk)


def texts_on_disk(config: Config, piece: Table) -> set[str]:
    """Return the columns that stay on disk as text: words that the network reads, and text that nothing needs."""
    in_use = columns_in_use(config, piece.frame.columns)
    idle = {name for name in piece.frame.columns if name not in in_use and is_text(piece.frame[name])}
    return idle | ({*text_columns(config)} & {*piece.frame.columns})


def text_rows(files: Sequence[StreamedFiles]) -> dict[str, Any]:
    """Return the text that is on disk, by column, with a row for each row of the files."""
    ranges = [(own, own.first, own.first + sum(record.rows for record in own.records)) for own in files]
    texts: dict[str, list[LazyRows]] = {}
    for own, start, stop in ranges:
        for name, column in own.columns.items():
            if isinstance(column, GrowingText):
                texts.setdefault(name, []).append(column.rows(np.concatenate(own.numbers), start, stop))
    return {name: joined(parts) for name, parts in texts.items()}


def _place(path: Path) -> Location:
    return Location(shown(path))


def cut(files: StreamedFiles, rows: dict[str, Array]) -> dict[str, Table]:
    """Return the parts whose row numbers are given, each on a disk of its own."""
    numbers = np.concatenate(files.numbers)
    return {name: files.part(own, np.searchsorted(numbers, own), Disk()) for name, own in rows.items()}
