"""The few types that a table's columns have: int64, float64, bool, datetime64, and text (objects, None for missing)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import DataError, Problem

if TYPE_CHECKING:
    import pandas as pd


def is_text(column: pd.Series) -> bool:
    """Tell whether a tidy column is text."""
    return column.dtype == object


def is_time(column: pd.Series) -> bool:
    """Tell whether a column is of times."""
    return column.dtype.kind == "M"


def is_number(column: pd.Series) -> bool:
    """Tell whether a tidy column is of numbers; booleans are none."""
    return column.dtype.kind in "iuf"


def tidy_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame all of whose columns are tidy, see `tidy`."""
    result = frame.copy(deep=False)
    for name in frame.columns:
        column = tidy(frame[name])
        if column.dtype != frame[name].dtype or is_text(column):  # the others are not copied
            result[name] = column
    return result


def tidy(column: pd.Series) -> pd.Series:
    """Return a column in one of the few types that everything else knows.

    Numbers are int64 or float64, booleans bool, times datetime64 without a zone (UTC where they had one), text is
    objects with None for a missing value. Booleans of which some are missing are text. A column without any value
    is float64.

    Raises:
        DataError: If it holds lists, mappings or bytes, or whole numbers beyond 64 bits.
    """
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iufb":
        return _tidy_numpy(column)
    if isinstance(dtype, pd.DatetimeTZDtype):
        naive: pd.Series = column.dt.tz_convert("UTC").dt.tz_localize(None)
        return naive
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        return column
    if isinstance(dtype, np.dtype) and dtype.kind == "m":
        days: pd.Series = column.dt.total_seconds() / 86400.0
        return days
    if isinstance(dtype, pd.CategoricalDtype):
        return tidy(column.astype(dtype.categories.dtype))
    if isinstance(dtype, pd.StringDtype):
        return _as_text(column) if column.notna().any() else column.astype(float)
    return _tidy_objects(column.astype(object))


def _tidy_numpy(column: pd.Series) -> pd.Series:
    kind = column.dtype.kind
    if kind == "u" and len(column) and int(column.max()) > np.iinfo(np.int64).max:
        raise _too_large(column, first_row(column == column.max(), column))
    if kind == "b":
        return column
    return column.astype(np.float64 if kind == "f" else np.int64)


def _tidy_objects(column: pd.Series) -> pd.Series:
    import pandas as pd

    found = pd.api.types.infer_dtype(column, skipna=True)
    missing = column.isna()
    if found == "empty" or missing.all():
        return column.astype(np.float64)
    if found == "boolean":
        return _as_text(column.map(str, na_action="ignore")) if missing.any() else column.astype(bool)
    if found in ("integer", "floating", "mixed-integer-float", "decimal"):
        return _numbers(column, missing)
    if found in ("date", "datetime", "datetime64"):
        return tidy(pd.to_datetime(column, utc=True))
    if found == "string":
        return _as_text(column)
    for index, value in column[~missing].items():
        if not isinstance(value, str | bool | int | float | np.generic | datetime.date | datetime.time):
            what = f"column '{column.name}' holds a {type(value).__name__} in row {int(str(index)) + 1}"
            raise DataError(Problem(what, "A cell is a number, a text, a boolean or a time."))
    return _as_text(column.map(cell_text, na_action="ignore"))


def _numbers(column: pd.Series, missing: pd.Series) -> pd.Series:
    for index, value in column[~missing].items():
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise _too_large(column, int(str(index)))
    if missing.any():
        return column.astype(np.float64)
    whole = all(isinstance(value, int | np.integer) for value in column)
    return column.astype(np.int64 if whole else np.float64)


def _too_large(column: pd.Series, index: int) -> DataError:
    what = f"column '{column.name}' holds a whole number beyond 64 bits: {column[index]} in row {index + 1}"
    return DataError(Problem(what, f"Read it as text: read: {{dtype: {{{column.name}: str}}}}."))


def _as_text(column: pd.Series) -> pd.Series:
    import pandas as pd

    values = column.to_numpy(dtype=object, copy=True)
    values[column.isna().to_numpy()] = None
    return pd.Series(values, index=column.index, name=column.name, dtype=object)


def text_column(values: np.ndarray[Any, Any] | list[Any], like: pd.Series) -> pd.Series:
    """Return a text column with the index of `like`; pandas would choose a string type of its own otherwise."""
    import pandas as pd

    return pd.Series(values, index=like.index, name=like.name, dtype=object)


def cell_text(value: Any) -> str:
    """Return a cell as text; a whole number has no `.0`."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return str(value)


def first_row(found: pd.Series | np.ndarray[Any, Any], like: pd.Series | pd.DataFrame) -> int:
    """Return the row number, in the index of `like`, of the first true among `found`."""
    return int(like.index[int(np.asarray(found).argmax())])
