"""The categories of columns: found in training rows, looked up in any rows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from dlrun.preprocessing.state import damaged, floats_of, read_list
from dlrun.preprocessing.step import Array, Step, as_columns


class CategoryStep(Step):
    """Base of steps that learn which categories each column has, in sorted order.

    Numbers sort by size, text by its code points.
    """

    takes_text = True
    needs_values = True
    expands = True

    def adapt(self, x: Array) -> None:
        """Learn each column's categories."""
        columns = as_columns(x)
        self._learn([_sorted_categories(columns[:, i]) for i in range(columns.shape[1])])

    def _learn(self, categories: list[list[Any]]) -> None:
        self.categories = categories
        self._tables = [_lookup_table(values) for values in categories]
        self._unseen = 0

    def codes(self, x: Array) -> Array:
        """Return the position of every cell's category, -1 for one not seen in training: `(num_rows, num_columns)`."""
        columns = as_columns(x)
        codes = np.empty(columns.shape, dtype=np.int64)
        for i, table in enumerate(self._tables):
            codes[:, i] = _look_up(columns[:, i], table)
        self._unseen = int((codes < 0).sum())
        return codes

    def get_state(self) -> dict[str, Any]:
        """Return the categories, per column."""
        return {"categories": self.categories}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take the categories, per column; they must be sorted and all different."""
        self._learn([_checked(values) for values in read_list(state, "categories")])

    @property
    def num_columns(self) -> int | None:
        """Number of columns that were adapted to."""
        return len(self.categories)

    @property
    def unseen(self) -> int:
        """Number of cells of the last `apply` whose category was not there in training."""
        return self._unseen


def category_text(value: Any) -> str:
    """Return a category as it is written in names and looked up in configs: 3.0 is `3`, True is `true`."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _sorted_categories(column: Array) -> list[Any]:
    if column.dtype == object:
        return sorted(set(column.tolist()))
    return [int(value) if float(value).is_integer() else float(value) for value in np.unique(column)]


def _lookup_table(values: list[Any]) -> dict[str, int] | Array:
    if values and isinstance(values[0], str):
        return {value: i for i, value in enumerate(values)}
    return np.array(values, dtype=np.float64)


def _look_up(column: Array, table: dict[str, int] | Array) -> Array:
    if isinstance(table, dict):
        get = table.get
        return np.fromiter((get(value, -1) for value in column.tolist()), dtype=np.int64, count=len(column))
    found = np.clip(np.searchsorted(table, column), 0, len(table) - 1)
    return np.where(table[found] == column, found, -1)


def _checked(values: Any) -> list[Any]:
    if not isinstance(values, list) or not values:
        damaged("'categories' is not a list of lists")
    if not all(isinstance(value, str) for value in values):
        floats_of(values, "categories")
    if any(a >= b for a, b in pairwise(values)):
        damaged("'categories' are not in sorted order")
    return values
