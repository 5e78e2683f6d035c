"""Arrays and columns that live on disk, for tables that are larger than memory.

They lie in files of the temp folder that have no name: the system takes them back when the process ends, however it
ends. What is read of them counts as the process's memory for a while, but can be given up at any moment.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
import weakref
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dlrun.errors import DataError
from dlrun.files import writing

Array = np.ndarray[Any, Any]


class Disk:
    """Makes arrays in files, and gives up the memory that they take."""

    def __init__(self) -> None:
        self._maps: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return a new array, as `np.empty` does.

        Raises:
            DiskError: If there is no room for it in the temp folder.
        """
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if not size:
            return np.empty(shape, dtype)
        with writing(temp_folder()), tempfile.TemporaryFile() as file:
            _reserve(file, size)
            mapped = mmap.mmap(file.fileno(), size)
        self._maps.add(mapped)
        return np.frombuffer(mapped, dtype=dtype).reshape(shape)

    def adopt(self, mapped: mmap.mmap) -> mmap.mmap:
        """Return a mapped file whose memory is given up with that of the arrays."""
        self._maps.add(mapped)
        return mapped

    def release(self) -> None:
        """Give up the memory that the arrays take; what is in them stays."""
        for mapped in self._maps:
            with contextlib.suppress(AttributeError):  # Windows has no such call, and does it by itself
                mapped.madvise(mmap.MADV_DONTNEED)


def temp_folder() -> Path:
    """Return the folder of the files: that of the variable TMPDIR, else the system's."""
    return Path(tempfile.gettempdir())


def _reserve(file: BinaryIO, size: int) -> None:
    """Make room now: a mapped file that meets a full disk later would end the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:
        file.truncate(size)


class MixedKindsError(DataError):
    """A column is of one kind in some pieces and of another in others: what it is only the whole file tells."""


class GrowingColumn:
    """A column that comes in pieces: on disk, but for text, which stays in memory with each word once.

    Args:
        name: The column's name, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._file: BinaryIO | None = None
        self._dtype: np.dtype[Any] | None = None
        self._texts: list[Array] = []
        self._words: dict[Any, Any] = {}
        self._is_empty = True  # whether no value has come yet

    @property
    def _is_text(self) -> bool:
        return self._dtype is not None and self._dtype.kind == "O"

    def append(self, piece: Array) -> None:
        """Add a piece of a tidy column; numbers, booleans, times and text do not mix.

        Raises:
            MixedKindsError: If it is of another kind than the pieces before.
            DiskError: If the disk is full.
        """
        is_empty = piece.dtype.kind == "f" and bool(np.isnan(piece).all())
        if self._dtype is None:
            self._dtype = piece.dtype
        elif piece.dtype != self._dtype:
            piece = self._fitting(piece, is_empty)
        self._is_empty = self._is_empty and is_empty
        if self._is_text:
            self._texts.append(self._interned(piece))
        else:
            self._write(piece)

    def _fitting(self, piece: Array, is_empty: bool) -> Array:
        """Return the piece in a type that it has in common with those before, or make theirs the common one."""
        assert self._dtype is not None
        kinds = {piece.dtype.kind, self._dtype.kind}
        if is_empty and self._dtype.kind in "OM":
            return _nothing(len(piece), self._dtype)
        if self._is_empty and piece.dtype.kind in "OM":
            self._convert(piece.dtype, empty=True)
        elif kinds <= {"i", "f"} or kinds == {"M"}:
            common = np.promote_types(piece.dtype, self._dtype)
            if common != self._dtype:
                self._convert(common)
        else:
            names = {"i": "numbers", "f": "numbers", "b": "booleans", "M": "times", "O": "text"}
            said = " in one place and ".join(names[d.kind] for d in (self._dtype, piece.dtype))
            fix = f"Say what it is: read: {{dtype: {{{self._name}: str}}}}."
            raise MixedKindsError(f"column '{self._name}' holds {said} in another. {fix}")
        return piece.astype(self._dtype)

    def _convert(self, dtype: np.dtype[Any], *, empty: bool = False) -> None:
        before = self.whole()
        self.close()
        self._dtype = dtype
        now = _nothing(len(before), dtype) if empty else before.astype(dtype)
        if self._is_text:
            self._texts.append(now)
        else:
            self._write(now)

    def _interned(self, piece: Array) -> Array:
        words = self._words
        out = np.empty(len(piece), dtype=object)
        out[:] = [words.setdefault(cell, cell) for cell in piece.tolist()]
        return out

    def _write(self, piece: Array) -> None:
        with writing(temp_folder()):
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it is open as long as the column is)
            self._file.write(np.ascontiguousarray(piece).view(np.uint8).data)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def whole(self) -> Array:
        """Return the column in memory."""
        if self._is_text:
            return np.concatenate(self._texts)
        if self._file is None or self._dtype is None:
            return np.empty(0, self._dtype or np.float64)
        self._file.flush()
        self._file.seek(0)
        out = np.fromfile(self._file, dtype=self._dtype)
        self._file.seek(0, os.SEEK_END)
        return out


def _nothing(length: int, dtype: np.dtype[Any]) -> Array:
    return np.full(length, np.datetime64("NaT") if dtype.kind == "M" else None, dtype=dtype)
