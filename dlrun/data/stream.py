"""Tables larger than memory: read and prepared a piece at a time, with their columns on disk.

What comes out is the dataset that reading the files whole gives, row for row and bit for bit; so whatever is done
with it afterwards, one column or some rows at a time, gives the same numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.columns import columns_in_use
from dlrun.data.disk import Disk, GrowingColumn, MixedKindsError
from dlrun.data.dtypes import is_text
from dlrun.data.find_files import find_files
from dlrun.data.kinds import text_columns
from dlrun.data.labels import label_notes, labelled_rows, no_label
from dlrun.data.names import column_name, shown
from dlrun.data.origins import FileRecord, Origins
from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.prepare.steps import prepare
from dlrun.data.read import in_file, typed
from dlrun.data.sources.pieces import read_in_pieces
from dlrun.data.sources.source import Source
from dlrun.data.table import Table
from dlrun.data.text_rows import GrowingText
from dlrun.errors import DataError, Location, Problem
from dlrun.lazy_rows import LazyRows, joined

if TYPE_CHECKING:
    from dlrun.config.config import Config

Array = np.ndarray[Any, Any]


@dataclass
class StreamedFiles:
    """The rows of one or more files that have a label, prepared, and on disk.

    Args:
        context: The circumstances of the prepare steps; of new rows for a trained model, which need no label, all are
            kept, and the columns that predictions are made of.
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

    context: Context
    first: int = 0
    texts: set[str] | None = None
    records: list[FileRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: dict[str, GrowingColumn | GrowingText] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    numbers: list[Array] = field(default_factory=list)
    left_out: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def config(self) -> Config:
        """The config."""
        return self.context.config

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
                context = replace(self.context, is_piece=True, notes=[])
                prepared = prepare(table, context)
                self.notes += [*notes, *context.notes]
                if len(prepared):
                    if not self.columns:
                        check(prepared)
                    self._add(prepared, path)
        if not self.columns:
            raise no_label(self.config) if self.context.need_target else DataError("no row is left after data.prepare")
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
        """Take up the rows of a piece that have a label, or all that need none."""
        keep = np.ones(len(table), dtype=bool)
        if self.context.need_target:
            keep, missing, imputed = labelled_rows(table, self.config)
            self.left_out[0] += missing
            self.left_out[1] += imputed
        else:
            table = with_frame(table, table.frame[self._needed(table)])
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
            except MixedKindsError as error:
                raise MixedKindsError(*in_file(error, path).problems) from error

    def _needed(self, table: Table) -> list[str]:
        """Return the columns that predictions are made of, or stand beside; others may hold anything."""
        assert self.config.data is not None
        others = [name for name in (*self.config.data.target, self.config.data.time) if name is not None]
        known = {*(self.context.features or ()), *map(column_name, others)}
        return [name for name in table.frame.columns if name in known]

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
