"""Rows in order of time, and the examples that windows make of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.clock import Clock
from dlrun.data.prepare.context import with_frame
from dlrun.data.table import Table
from dlrun.data.windows import WindowShape

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]


@dataclass
class Series:
    """All rows that windows may see, those of a series together and in order of time.

    Args:
        table: The rows; those whose label may not be used are here too, for they may be looked back at.
        shape: The form of the windows.
        numbers: The number of each row's series `(num_rows,)`.
        segments: The stretch of rows without a gap that each row belongs to `(num_rows,)`.
        clock: Each row's time in steps, and what a step is.
        column: The clock's column; None where rows count as evenly spaced.
        season: Rows in a season; None where there is none.
        ends: Part to the rows at which its examples' inputs end.
        names: The series' names, by number; empty where there is one.
        notes: What was noticed, as whole sentences.
    """

    table: Table
    shape: WindowShape
    numbers: Array
    segments: Array
    clock: Clock
    column: str | None
    season: int | None
    ends: dict[str, Array] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def examples(self) -> dict[str, SeriesPart]:
        """The examples of each part."""
        return {part: SeriesPart(self, ends) for part, ends in self.ends.items()}

    def times(self) -> Array:
        """Return each row's time: datetime64 or numbers, the rows' order where there is no clock."""
        if self.column is None:
            return self.clock.ticks
        values = self.table.frame[self.column]
        if values.dtype == object:
            from dlrun.data.times import read_times

            values = read_times(values)
        return values.to_numpy()


@dataclass
class SeriesPart:
    """The examples of one part.

    Args:
        series: The rows.
        ends: The rows at which the examples' inputs end `(num_examples,)`.
    """

    series: Series
    ends: Array

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def shape(self) -> WindowShape:
        """The form of the windows."""
        return self.series.shape

    @property
    def label_rows(self) -> Array:
        """The label rows `(num_examples, horizon)`."""
        return self.shape.label_rows(self.ends)

    def rows(self, *, labels: bool = True) -> tuple[Table, int]:
        """Return the stretch of rows that the examples use, and the row at which it begins."""
        first = int(self.ends.min()) - self.shape.length + 1
        last = int(self.ends.max()) + (self.shape.gap + self.shape.horizon if labels else 0)
        return with_frame(self.series.table, self.series.table.frame.iloc[first : last + 1]), first

    def label_table(self, names: Sequence[str]) -> Table:
        """Return the label rows as a table of these columns, `horizon` rows for each example."""
        table = self.series.table
        frame: pd.DataFrame = table.frame[[name for name in dict.fromkeys(names) if name in table.frame.columns]]
        return with_frame(table, frame.iloc[self.label_rows.ravel()])
