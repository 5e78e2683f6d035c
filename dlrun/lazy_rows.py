"""Rows that are made when they are asked for: a column of images that stays in its files, a column of text on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LazyRows:
    """What looks like an array `(num_rows, ...)` and holds no row; an index makes the rows that it names.

    Args:
        read: Makes rows: their places `(n,)` to an array `(n, ...)`.
        places: The places of these rows `(num_rows,)`.
        row_shape: Of one row.
        dtype: Of the rows.
        keys: Some bytes, or a number of 64 bits, for each place; the same for rows that are the same.
        stays: Whether what the network gets of them is made batch by batch, too, since all of it is too much.
    """

    read: Callable[[Array], Array]
    places: Array
    row_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    keys: Array
    stays: bool = False

    def __len__(self) -> int:
        return len(self.places)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all rows."""
        return (len(self), *self.row_shape)

    @property
    def ndim(self) -> int:
        """Number of axes, that of the rows included."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes all rows would take."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __getitem__(self, which: slice | Array) -> Array:
        """Make rows."""
        return self.read(self.places[which])

    def at(self, which: slice | Array) -> LazyRows:
        """Return some of the rows without making them."""
        return replace(self, places=self.places[which])

    def through(self, function: Callable[[Array], Array], row_shape: tuple[int, ...], dtype: np.dtype[Any]) -> LazyRows:
        """Return what a function that looks at single rows makes of them."""
        return replace(self, read=lambda places: function(self.read(places)), row_shape=row_shape, dtype=dtype)


def rows_at(rows: Any, which: Array) -> Any:
    """Return some rows of an array, or of lazy rows without making them."""
    return rows.at(which) if isinstance(rows, LazyRows) else rows[which]


def stays_lazy(rows: Any) -> bool:
    """Tell whether what the network gets of some rows is made batch by batch."""
    return isinstance(rows, LazyRows) and rows.stays


def row_keys(rows: Any) -> Array:
    """Return a hash of 64 bits for each row, the same for rows that are the same; lazy rows are not made for it."""
    if not isinstance(rows, LazyRows):
        return _start_of([hashlib.sha256(row.tobytes()).digest() for row in rows])
    keys = rows.keys[rows.places]
    return keys if keys.dtype == np.uint64 else _start_of(keys.tolist())


def _start_of(digests: Sequence[bytes]) -> Array:
    return np.frombuffer(b"".join(digest[:8] for digest in digests), dtype=np.uint64)


def joined(parts: Sequence[Any]) -> Any:
    """Return rows one below the other, as `np.concatenate` does; lazy ones stay so.

    Raises:
        ValueError: If rows differ in shape.
    """
    if len(parts) == 1:
        return parts[0]
    if not all(isinstance(part, LazyRows) for part in parts):
        return np.concatenate([part[:] for part in parts])
    shapes = sorted({part.row_shape for part in parts})
    if len(shapes) > 1:
        raise ValueError(" and ".join(map(str, shapes)))
    starts = np.cumsum([0, *(len(part) for part in parts)])
    dtype = np.result_type(*(part.dtype for part in parts))

    def read(places: Array) -> Array:
        out = np.empty((len(places), *shapes[0]), dtype)
        owners = np.searchsorted(starts, places, side="right") - 1
        for owner in np.unique(owners):
            own = owners == owner
            out[own] = parts[owner][places[own] - starts[owner]]
        return out

    keys = np.concatenate([part.keys[part.places] for part in parts])
    return LazyRows(read, np.arange(starts[-1]), shapes[0], dtype, keys, any(part.stays for part in parts))
