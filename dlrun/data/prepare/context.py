"""What a prepare step is given beside the table and its value, and how it says what is wrong.

A step is a function `(table, value, context) -> Table`, registered in `dlrun.catalog.PREPARE_STEPS`; `value` is what
stands under its name in the config.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.objects import Path, PrepareSpec
from dlrun.data.dtypes import tidy
from dlrun.data.names import column_name
from dlrun.data.table import Table
from dlrun.errors import ConfigError, DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config.config import Config

MOST_COLUMNS = 10_000  # that the prepare steps of a config make; a line of a stranger's could ask for any number


@dataclass
class Context:
    """The circumstances of one pass of the prepare steps.

    Args:
        config: The config.
        spec: The step at hand.
        parts: By row number, the number of the row's part `(num_file_rows,)`: 0 for training rows, -1 for none; None
            while the rows are not cut yet.
        absent: Columns that a new file may lack, since nothing but an absent target comes from them.
        is_new: Whether the rows are new ones, for a model that is trained; a column that lacks is then the file's
            fault, not the config's.
        is_piece: Whether the rows are a piece of a file; that none of it is left then means nothing.
        need_target: Whether rows are of use only with their target.
        features: What a trained model needs; a new file's further columns do not count.
        dropped: What `drop_columns` dropped from the training file, by the step's place; other files follow it.
        sorted_by: The column of the last `sort_by`.
        notes: What was noticed, as whole sentences.
        made: How many columns each step makes, by its place and key.
    """

    config: Config
    spec: PrepareSpec = field(default_factory=lambda: PrepareSpec("", None))
    parts: np.ndarray[Any, Any] | None = None
    absent: set[str] = field(default_factory=set)
    is_new: bool = False
    is_piece: bool = False
    need_target: bool = True
    features: Sequence[str] | None = None
    dropped: dict[Path, list[str]] = field(default_factory=dict)
    sorted_by: str | None = None
    notes: list[str] = field(default_factory=list)
    made: dict[Path, int] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where the step's value stands in the config."""
        return (*self.spec.path, self.spec.type)

    def in_training(self, table: Table) -> np.ndarray[Any, Any]:
        """Return which rows are training rows `(num_rows,)`; all of them while the rows are not cut yet."""
        if self.parts is None:
            return np.ones(len(table), dtype=bool)
        return np.asarray(self.part_numbers(table) == 0)

    def part_numbers(self, table: Table) -> np.ndarray[Any, Any]:
        """Return the number of each row's part: 0 for training rows, -1 for none; all 0 while they are not cut."""
        if self.parts is None:
            return np.zeros(len(table), dtype=np.int64)
        return np.asarray(self.parts[table.frame.index.to_numpy()])

    def wrong(self, what: str, fix: str = "", *under: str | int) -> ConfigError:
        """Return an error in the config, at the step or at a key under it."""
        return ConfigError(self.config.problem((*self.path, *under), what, fix))

    def bad_cell(self, table: Table, column: str, number: int, what: str, fix: str = "") -> DataError:
        """Return an error that shows a cell: `column 'x': 'abc' in row 17 of a.csv is no number`."""
        cell = str(table.frame.at[number, column])
        shown_cell = cell if len(cell) <= 60 else cell[:57] + "..."
        said = f"column '{column}': '{shown_cell}' in {row_words(table, number)} {what}"
        return DataError(self.config.problem(self.path, said, fix))

    def bad_value(self, what: str, fix: str = "", *under: str | int) -> DataError:
        """Return an error of the data, at the step."""
        return DataError(self.config.problem((*self.path, *under), what, fix))

    def present(self, table: Table, names: Iterable[Any], *under: str | int, tensors: bool = False) -> list[str]:
        """Return those of `names` that are columns; one may lack only where it leads to an absent target.

        Args:
            table: The table.
            names: Columns' names as the config has them.
            *under: Where they stand, below the step.
            tensors: Whether columns with several axes will do.

        Raises:
            ConfigError: If there is no such column; it names the nearest one.
            DataError: Likewise for a new file.
        """
        wanted = [column_name(name) for name in names]
        known = [*table.frame.columns, *table.tensors]
        problems = [
            self.config.problem((*self.path, *under), f"no column '{name}'", did_you_mean(name, known))
            for name in wanted
            if name not in known and name not in self.absent
        ]
        if not tensors:
            what = "'{}' has several axes; this step takes columns of single values"
            problems += [
                self.config.problem((*self.path, *under), what.format(name)) for name in wanted if name in table.tensors
            ]
        if problems:
            raise DataError(*problems) if self.is_new else ConfigError(*problems)
        return [name for name in wanted if name in known]

    def makes(self, number: int, *under: str | int) -> None:
        """Count columns that the step is about to make.

        Raises:
            ConfigError: If the steps make more than `MOST_COLUMNS`.
        """
        self.made[*self.path, *under] = number
        if sum(self.made.values()) > MOST_COLUMNS:
            raise self.wrong(
                "so many new columns cannot be made",
                f"No more than {MOST_COLUMNS // 5:,} by derive, and {MOST_COLUMNS:,} by lag.",
                *under,
            )

    def columns(self, table: Table, value: Any, *, tensors: bool = False) -> list[str]:
        """Return the columns that a name or a list of names stands for, see `present`.

        Raises:
            ConfigError: If the value is something else, or there is no such column.
        """
        return self.present(table, self.names(value), tensors=tensors)

    def names(self, value: Any) -> list[Any]:
        """Return one name or a list of names as a list.

        Raises:
            ConfigError: If the value is something else.
        """
        items = list(value) if isinstance(value, list | tuple) else [value]
        if not items or any(not isinstance(item, str | int | float) or isinstance(item, bool) for item in items):
            raise self.wrong("expected a column, or a list of columns", f"Write {self.spec.type}: [a, b].")
        return items

    def mapping(self, value: Any, example: str) -> Mapping[str, Any]:
        """Return the value, which must be a mapping.

        Raises:
            ConfigError: If it is none.
        """
        if not isinstance(value, Mapping) or not value:
            raise self.wrong("expected a mapping", f"Write {self.spec.type}: {example}.")
        return value


def row_words(table: Table, number: int) -> str:
    """Return a row in words: `row 17 (line 18) of iris.csv`."""
    return table.origins.row(number) if table.origins is not None else f"row {number + 1}"


def with_columns(table: Table, columns: Mapping[str, pd.Series | np.ndarray[Any, Any]]) -> Table:
    """Return a table with these columns, in place of those of the same name, else at the end; all made tidy."""
    import pandas as pd

    frame, fresh = table.frame.copy(deep=False), []
    for name, values in columns.items():
        series = values if isinstance(values, pd.Series) else pd.Series(values, index=frame.index, dtype=_dtype(values))
        tidied = tidy(series.rename(name))
        if name in frame.columns:
            frame[name] = tidied
        else:
            fresh.append(tidied)
    # one by one pandas inserts the hundreds of lags of a column in minutes, and warns of each
    return with_frame(table, pd.concat([frame, *fresh], axis=1) if fresh else frame)


def _dtype(values: np.ndarray[Any, Any]) -> Any:
    return object if values.dtype.kind in "OU" else values.dtype


def with_frame(table: Table, frame: pd.DataFrame, **changes: Any) -> Table:
    """Return the table with another frame."""
    kept = {"tensors": table.tensors, "imputed": table.imputed, "origins": table.origins, **changes}
    return Table(frame, **kept)
