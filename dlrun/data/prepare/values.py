"""Values written in a config, and the cells that they mean in a column of some type."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.dtypes import cell_text, is_number, is_text, is_time, text_column, tidy
from dlrun.data.times import read_time

if TYPE_CHECKING:
    import pandas as pd

NO_VALUE = object()  # stands for a key that no cell of the column can be equal to


def key_of(key: Any, column: pd.Series) -> Any:
    """Return a key (text, as YAML's keys are) in the column's type; NO_VALUE where it cannot be one.

    Args:
        key: What stands in the config.
        column: A tidy column.
    """
    text = cell_text(key) if not isinstance(key, bool) else str(key)
    if is_text(column):
        return text
    if is_number(column):
        number = as_number(text)
        return NO_VALUE if number is None else number
    if is_time(column):
        time = read_time(text)
        return NO_VALUE if time is None else time
    return {"true": True, "false": False}.get(text.strip().lower(), NO_VALUE)


def as_number(text: str) -> float | None:
    """Return the finite number that a text writes in plain digits; None where it writes none."""
    stripped = text.strip()
    if not stripped.isascii() or "_" in stripped:
        return None
    try:
        number = float(stripped)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def matches(column: pd.Series, key: Any) -> np.ndarray[Any, Any]:
    """Return where a column equals a key from `key_of`."""
    if key is NO_VALUE:
        return np.zeros(len(column), dtype=bool)
    return np.asarray(column.to_numpy() == key, dtype=bool)


def mended(cells: np.ndarray[Any, Any], like: pd.Series) -> pd.Series:
    """Return objects as a tidy column: numbers, booleans, or text where they are mixed."""
    return tidy(text_column(cells, like))


def numeric_if_all_are(column: pd.Series) -> pd.Series:
    """Return a text column as numbers if all its present values read as such; else as it is."""
    import pandas as pd

    if not is_text(column):
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    strange = (numbers.isna() & column.notna()) | np.isinf(numbers.astype(float))
    return column if strange.any() else tidy(numbers)
