"""Text to times: ISO, or a format that is told. pandas leaves a column as text without a word where one cell fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dlrun.data.dtypes import first_row
from dlrun.errors import DataError, Problem

if TYPE_CHECKING:
    import pandas as pd


def read_times(
    column: pd.Series, date_format: str | None = None, row: Callable[[int], str] = lambda n: f"row {n + 1}"
) -> pd.Series:
    """Return a column as times, without a zone (UTC where they have one).

    Args:
        column: Text, or whole numbers such as 20190131.
        date_format: How a time is written, in strftime's words; ISO if not given.
        row: A row's number in words, for messages.

    Raises:
        DataError: If a cell is no such time; it shows the first one.
    """
    import pandas as pd

    if column.dtype.kind == "M":
        return column
    present = column.notna()
    if not present.any():
        return pd.to_datetime(column)
    text = _as_text(column)
    try:
        times = pd.to_datetime(text, format=date_format or "ISO8601", errors="coerce", utc=True)
    except ValueError as error:
        raise DataError(Problem(f"column '{column.name}': {error}", "Mend date_format, as in '%d/%m/%Y'.")) from error
    bad = times.isna() & present
    if bad.any():
        number = first_row(bad, column)
        kind = (
            f"no time of the form {date_format}"
            if date_format
            else "no ISO time such as 2019-01-31 or 2019-01-31T12:00"
        )
        what = f"column '{column.name}': '{str(column[number])[:60]}' in {row(number)} is {kind}"
        fix = "Say how it is written, as in date_format: '%d/%m/%Y'."
        raise DataError(Problem(what, fix))
    return pd.Series(times.dt.tz_localize(None), name=column.name)


def read_time(text: str) -> np.datetime64 | None:
    """Return an ISO date or time as a time; None where it is none."""
    import pandas as pd

    found = pd.to_datetime(pd.Series([text], dtype=object), format="ISO8601", errors="coerce", utc=True)
    return None if found.isna().any() else np.datetime64(found.dt.tz_localize(None).iloc[0])


def _as_text(column: pd.Series) -> pd.Series:
    import pandas as pd

    if column.dtype.kind not in "iuf":
        return column
    cells = ["" if value != value else str(int(value)) if value == int(value) else str(value) for value in column]
    return pd.Series(cells, index=column.index, name=column.name, dtype=object)
