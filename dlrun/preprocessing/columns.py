"""Raw columns to what steps work on: float64 with NaN, or text with None."""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np

from dlrun.errors import DataError, Problem
from dlrun.preprocessing.categories import category_text
from dlrun.preprocessing.step import Array, is_none

Reading = Literal["number", "text", "time", "tensor"]  # how a column's cells are read; settled on training rows

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_EXACT = 2**53  # float64 tells whole numbers apart up to here
NO_CATEGORY = np.inf  # stands for text in a column whose categories are numbers: no category is equal to it


def reading_of(column: Array, kind: str) -> Reading:
    """Return how the cells of a training column of this kind are read."""
    if kind == "tensor":
        return "tensor"
    if kind == "time":
        return "time"
    if kind == "numeric":
        return "number"
    if kind == "text":
        return "text"
    return "number" if _is_numeric(column) else "text"


def _is_numeric(column: Array) -> bool:
    if column.dtype.kind in "iu":
        return bool(len(column) == 0 or (column.max() <= _EXACT and column.min() >= -_EXACT))
    if column.dtype.kind == "f":
        return True
    if column.dtype.kind != "O":
        return False
    present = column[~missing_objects(column)]
    return len(present) > 0 and all(_plain_number(value) for value in present)


def _plain_number(value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return False
    if isinstance(value, int | np.integer):
        return -_EXACT <= int(value) <= _EXACT
    return isinstance(value, float | np.floating)


def missing_objects(column: Array) -> Array:
    """Return where an object column is missing: None, NaN, pandas's NA and NaT."""
    import pandas as pd

    return np.asarray(pd.isna(column), dtype=bool)


def row_text(position: int, rows: Array | None) -> str:
    """Return `row 17`: the row of the file where it is known, else of those given; counted from 1, as in all errors."""
    return f"row {(int(rows[position]) if rows is not None else position) + 1}"


def read_numbers(name: str, column: Array, rows: Array | None = None) -> Array:
    """Return a numeric column as float64 `(num_rows,)`, NaN where a value is missing.

    Raises:
        DataError: If a cell is no number; it shows the first such cell, its row, and how many there are.
    """
    if column.dtype.kind in "iufb":
        return column.astype(np.float64, copy=False)
    if column.dtype.kind in "Mm":
        raise DataError(Problem("holds times, but held numbers in training", "", f"column '{name}'"))
    values = np.array([cell_number(cell) for cell in column.tolist()], dtype=object)
    bad = np.flatnonzero(is_none(values) & ~missing_objects(column))
    if len(bad):
        cell = str(column[bad[0]])[:60]
        what = f"'{cell}' in {row_text(int(bad[0]), rows)} is no number"
        what += f", nor are {len(bad) - 1} other cells" if len(bad) > 1 else ""
        fix = "Use prepare: to_number or replace, or read: na_values if it means a missing value."
        raise DataError(Problem(what, fix, f"column '{name}'"))
    values[is_none(values)] = np.nan
    return values.astype(np.float64)


def cell_number(cell: Any) -> float | None:
    """Return a cell's number; None where it has none, which is also where the cell is missing."""
    if isinstance(cell, str):
        return float(cell) if _NUMBER.fullmatch(cell) else None
    if isinstance(cell, bool | int | float | np.bool_ | np.integer | np.floating):
        try:
            return float(cell)
        except OverflowError:
            return None
    return None


def read_times(name: str, column: Array, rows: Array | None = None) -> Array:
    """Return a time column as seconds since 1970-01-01 UTC, float64 `(num_rows,)`, NaN where a value is missing.

    Raises:
        DataError: If a cell is no time.
    """
    times = column
    if column.dtype.kind != "M":
        import pandas as pd

        parsed = pd.to_datetime(pd.Series(column), utc=True, errors="coerce", format="ISO8601")
        bad = np.flatnonzero(parsed.isna().to_numpy() & ~missing_objects(column))
        if len(bad):
            what = f"'{column[bad[0]]}' in {row_text(int(bad[0]), rows)} is no time"
            raise DataError(Problem(what, "Name the column in read: parse_dates.", f"column '{name}'"))
        times = parsed.dt.tz_localize(None).to_numpy()
    return np.asarray((times - np.datetime64(0, "s")) / np.timedelta64(1, "s"), dtype=np.float64)


def read_categories(column: Array, reading: Reading) -> Array:
    """Return a category column as its training column was read: float64, or text.

    Numbers and their text are the same category, so that a new file in which a column happens to hold digits only,
    or happens to have a missing value, still finds its categories: `1`, `1.0` and `"1"` are one.
    """
    if reading == "number":
        if column.dtype.kind in "iuf":
            return column.astype(np.float64, copy=False)
        missing = missing_objects(column) if column.dtype == object else np.zeros(len(column), dtype=bool)
        cells = zip(column.tolist(), missing, strict=True)
        return np.array([np.nan if gone else _category_number(cell) for cell, gone in cells], dtype=np.float64)
    missing = missing_objects(column)
    if _all_text(column):
        return np.where(missing, np.array(None, dtype=object), column)
    out = np.empty(len(column), dtype=object)
    out[:] = [None if gone else category_text(cell) for cell, gone in zip(column.tolist(), missing, strict=True)]
    return out


def _all_text(column: Array) -> bool:
    """Tell whether all cells that are there are text, which needs no look at each of them in Python."""
    import pandas as pd

    return column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "string"


def _category_number(cell: Any) -> float:
    if isinstance(cell, bool | np.bool_):
        return NO_CATEGORY
    number = cell_number(cell)
    return NO_CATEGORY if number is None else number


def read_tensor(name: str, column: Array) -> Array:
    """Return a tensor column `(num_rows, ...)`.

    Raises:
        DataError: If it does not hold numbers.
    """
    if column.dtype.kind not in "iufb":
        raise DataError(Problem(f"holds {column.dtype}, not numbers", "", f"column '{name}'"))
    return column
