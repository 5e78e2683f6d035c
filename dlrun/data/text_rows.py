"""A column of text on disk, as Arrow lays text out: all words one after the other, and where each cell ends."""

from __future__ import annotations

import mmap
import tempfile
from typing import Any, BinaryIO

import numpy as np

from dlrun.data.disk import Disk, GrowingColumn, MixedKindsError, temp_folder
from dlrun.data.dtypes import cell_text
from dlrun.files import writing
from dlrun.lazy_rows import LazyRows

Array = np.ndarray[Any, Any]


class GrowingText:
    """A column of text that comes in pieces, of which no cell stays in memory.

    Args:
        name: The column's name, for messages.
        takes_all: Whether a piece that is not text is written as text, since nobody reads the column.
    """

    def __init__(self, name: str, *, takes_all: bool = False) -> None:
        self._name, self._takes_all = name, takes_all
        self._words: BinaryIO | None = None
        self._size = 0  # bytes of all words
        self._ends = GrowingColumn(name)
        self._there = GrowingColumn(name)
        self._hashes = GrowingColumn(name)

    def append(self, piece: Array) -> None:
        """Add a piece of a tidy column.

        Raises:
            MixedKindsError: If it is not text, and must be.
            DiskError: If the disk is full.
        """
        import pandas as pd
        import pyarrow as pa

        if piece.dtype != object:
            if not self._takes_all and not pd.isna(piece).all():
                fix = f"Say that it is text: read: {{dtype: {{{self._name}: str}}}}."
                what = f"column '{self._name}' is to be read as text, and some lines hold nothing else."
                raise MixedKindsError(f"{what} {fix}")
            text_of_cells = pd.Series(piece).map(cell_text, na_action="ignore").astype(object)
            piece = text_of_cells.where(~pd.isna(piece), None).to_numpy(dtype=object)
        text = pa.array(piece, pa.large_string(), from_pandas=True)
        _, ends, words = text.buffers()
        lengths = np.frombuffer(ends, np.int64, len(text) + 1)
        with writing(temp_folder()):
            if self._words is None:
                self._words = tempfile.TemporaryFile()  # noqa: SIM115 (it is open as long as the column is)
            self._words.write(memoryview(words)[: lengths[-1]] if words is not None else b"")
        self._ends.append(lengths[1:] + self._size)
        self._there.append(~pd.isna(piece))
        self._hashes.append(pd.util.hash_array(piece, categorize=False))
        self._size += int(lengths[-1])

    def close(self) -> None:
        """Give the files back; rows that were made of them stay."""
        for part in (self._words, self._ends, self._there, self._hashes):
            if part is not None:
                part.close()

    def rows(self, numbers: Array, start: int, stop: int) -> LazyRows:
        """Return the column as rows that are read when they are asked for.

        Args:
            numbers: The numbers of its rows in the files `(num_rows,)`, rising.
            start: The number of the files' first row.
            stop: The number behind that of their last row.

        Returns:
            A row for each number from `start` on; a number that is not in `numbers` must not be asked for.
        """
        import pyarrow as pa

        disk = Disk()
        ends = disk.empty((len(numbers) + 1,), np.int64)
        ends[0], ends[1:] = 0, self._ends.whole()
        keys = disk.empty((stop - start,), np.uint64)
        keys[numbers - start] = self._hashes.whole()
        there = np.packbits(self._there.whole(), bitorder="little")
        words: bytes | mmap.mmap = b""
        if self._words is not None and self._size:
            with writing(temp_folder()):
                self._words.flush()
            words = disk.adopt(mmap.mmap(self._words.fileno(), self._size, access=mmap.ACCESS_READ))
        buffers = [pa.py_buffer(there), pa.py_buffer(ends), pa.py_buffer(words)]
        cells = pa.Array.from_buffers(pa.large_string(), len(numbers), buffers)
        disk.release()

        def read(places: Array) -> Array:
            found = cells.take(pa.array(np.searchsorted(numbers, places + start)))
            out: Array = found.to_numpy(zero_copy_only=False)
            disk.release()
            return out

        return LazyRows(read, np.arange(stop - start), (), np.dtype(object), keys)
