"""Rows on their way from a file to the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from dlrun.lazy_rows import rows_at

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from dlrun.data.disk import Disk
    from dlrun.data.origins import Origins
    from dlrun.data.series import Series, SeriesPart

Kind = Literal["numeric", "categorical", "text", "time", "tensor"]


@dataclass
class Table:
    """A table that remembers where its rows came from.

    Args:
        frame: The scalar columns, names as text. Its index is each row's number in the files, counted from 0 over
            all files in order and before any row was left out, so filtering and sorting keep it.
        tensors: Columns with several axes, and text that stays on disk, by row number in the files:
            `(num_file_rows, ...)`; a row of `frame` finds its own by its index.
        imputed: Per column, the row numbers whose value was missing in the file and was filled in; of interest for
            targets.
        origins: The files that the rows came from.
        disk: Where the columns lie, and what is made of them, if they are too large for memory.
        order: The columns in the files' order, where that is not the frame's and then the tensors'.
    """

    frame: pd.DataFrame
    tensors: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    imputed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    origins: Origins | None = None
    disk: Disk | None = None
    order: Sequence[str] = ()

    @property
    def names(self) -> list[str]:
        """All columns, in the files' order."""
        there = [*self.frame.columns, *self.tensors]
        known = set(there)  # there may be thousands
        return [name for name in self.order if name in known] or there

    def __len__(self) -> int:
        return len(self.frame)

    def columns(self, names: list[str] | None = None) -> dict[str, np.ndarray[Any, Any]]:
        """Return columns as arrays `(num_rows, ...)`; text is an object array, missing values are NaN or None."""
        wanted = self.names if names is None else names
        rows = self.frame.index.to_numpy()
        return {
            name: rows_at(self.tensors[name], rows) if name in self.tensors else self.frame[name].to_numpy()
            for name in wanted
        }

    def give_up(self) -> pd.DataFrame:
        """Return the frame and keep no row of it, so that its memory is free when the caller has done with it."""
        frame, self.frame = self.frame, self.frame.iloc[[]]  # a slice would be a view that holds all of it
        return frame

    def without(self, names: set[str]) -> None:
        """Give up some columns of the frame."""
        self.frame = self.frame[[name for name in self.frame.columns if name not in names]]

    def release(self) -> None:
        """Give up the memory that columns on disk take; there is nothing to do for others."""
        if self.disk is not None:
            self.disk.release()


@dataclass
class Dataset:
    """What `load_dataset` gives: the parts of the data and what is known about the columns.

    Args:
        parts: "train", then "validation" and "test" where there are any.
        kinds: Kind of every feature and target column, found on training rows.
        features: The columns to learn from, in the table's order.
        targets: The columns to predict.
        files: One record per file read: path, sha256, bytes, rows.
        notes: Plain sentences about what was noticed: duplicates between parts, rows left out.
        series: The rows in order of time and their examples, with a window.
        dtypes: Column to its dtype, for data.json: of all columns, though a part may have given some up.
    """

    parts: dict[str, Table]
    kinds: dict[str, Kind]
    features: list[str]
    targets: list[str]
    files: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    series: Series | None = None
    dtypes: dict[str, str] = field(default_factory=dict)

    @property
    def examples(self) -> Mapping[str, Table | SeriesPart]:
        """What the network learns from and is scored on, by part: rows, or with a window examples made of them."""
        return self.parts if self.series is None else self.series.examples
