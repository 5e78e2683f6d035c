"""What each column of a table is good for: a number, a category, a text to read, or nothing, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlrun.data.dtypes import is_number, is_text, is_time

if TYPE_CHECKING:
    import pandas as pd

Role = Literal["numeric", "categorical", "text", "drop"]

MOSTLY_MISSING = 0.6  # of a column's rows
MOST_CATEGORIES = 50  # texts that become one-hot columns
MOST_CODES = 24  # whole numbers that may be categories: hours of a day, months
RAREST_CODE = 0.005  # of the rows; the large values of a count are rarer
FREE_TEXT_WORDS = 3  # on average
COUNTS_THE_ROWS = "counts the rows"


@dataclass(frozen=True)
class Column:
    """A column, and what it is good for.

    Args:
        name: Its name.
        role: What the config makes of it.
        why: The reason, in a few words; empty where the column simply is a number.
        missing: How many of its values are missing.
        width: How many columns it becomes for the network.
        is_code: Whether it is a category written as whole numbers.
    """

    name: str
    role: Role
    why: str = ""
    missing: int = 0
    width: int = 1
    is_code: bool = False


def column_of(column: pd.Series) -> Column:
    """Return what a feature column is good for, by its values alone."""
    name, present = str(column.name), column.dropna()
    missing, distinct = int(column.isna().sum()), int(present.nunique())
    share = missing / max(len(column), 1)
    if distinct == 0:
        return Column(name, "drop", "has no value at all", missing)
    if share > MOSTLY_MISSING:
        return Column(name, "drop", f"{int(100 * share)} % of its values are missing", missing)
    if distinct == 1:
        return Column(name, "drop", "has the same value in every row", missing)
    time = time_words(column)
    if time:
        return Column(name, "drop", time, missing)
    if is_number(column):
        return _number(name, present, distinct, missing, len(column))
    return _words(name, present.astype(str), distinct, missing, len(column))


def _number(name: str, present: pd.Series, distinct: int, missing: int, rows: int) -> Column:
    values = present.to_numpy(np.float64)
    whole = bool((values == np.floor(values)).all())
    span = float(values.max() - values.min())
    if whole and not missing and distinct == rows and span == rows - 1 and rows > MOST_CODES:
        return Column(name, "drop", COUNTS_THE_ROWS)
    if whole and not missing and distinct == rows and rows > MOST_CODES and _is_id(name):
        return Column(name, "drop", "is another number in every row: an id")
    rarest = float(present.value_counts().min()) / rows
    is_code = whole and 3 <= distinct <= MOST_CODES and values.min() in (0, 1) and span <= distinct
    if is_code and rarest >= RAREST_CODE:
        return Column(name, "categorical", f"{distinct} codes", missing, distinct, is_code=True)
    return Column(name, "numeric", "", missing)


def _is_id(name: str) -> bool:
    words = name.casefold().replace("-", "_").replace(" ", "_").split("_")
    return any(word in ("id", "no", "nr", "number", "index", "key") for word in words) or name.endswith(("ID", "Id"))


def _words(name: str, present: pd.Series, distinct: int, missing: int, rows: int) -> Column:
    words = float(present.str.count(r"\S+").mean())
    if words >= FREE_TEXT_WORDS and (distinct > MOST_CATEGORIES or distinct == rows):
        return Column(name, "text", f"free text, {words:.0f} words on average", missing)
    if distinct == rows:
        return Column(name, "drop", "is another text in every row: an id", missing)
    if distinct > min(MOST_CATEGORIES, max(rows // 5, 2)):
        return Column(name, "drop", f"{distinct:,} different texts, too many for categories", missing)
    return Column(name, "categorical", f"{distinct} values", missing, distinct)


def time_words(column: pd.Series) -> str:
    """Return what to say of a column of times; empty where it is none."""
    import pandas as pd

    present = column.dropna()
    if is_text(column):
        if not present.head(50).astype(str).str.match(r"\d{4}-\d{1,2}(-\d{1,2})?([ T]\d|$)").all():
            return ""
        present = pd.to_datetime(present, format="ISO8601", errors="coerce", utc=True)
        if present.isna().any():
            return ""
    elif not is_time(column):
        return ""
    steps = np.diff(np.unique(present.to_numpy("datetime64[ns]"))).astype(np.int64)
    if len(steps) < 10 or (steps == np.median(steps)).mean() < 0.9:
        return "a time"
    return f"a time, in steps of {_step(int(np.median(steps)))}; windows of a series: see time series in the README"


def _step(nanoseconds: int) -> str:
    seconds = nanoseconds / 1e9
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            number = seconds / size
            return f"a {word}" if number == 1 else f"{number:g} {word}s"
    return f"{seconds:g} seconds"


def leaking(frame: pd.DataFrame, columns: list[Column], target: str) -> dict[str, str]:
    """Return the columns that give the target away, and how: a copy of it under other names, or parts of its sum."""
    from dlrun.data.leaks import parts_of

    found: dict[str, str] = {}
    y = frame[target]
    for column in columns:
        if column.role in ("numeric", "categorical") and _renames(frame[column.name], y):
            found[column.name] = "gives the target away, value by value"
    if not is_number(y):
        return found
    numeric = [c.name for c in columns if c.role != "drop" and is_number(frame[c.name]) and c.name not in found]
    while numeric and len(numeric) <= 200:
        rows = np.unique(np.linspace(0, len(frame) - 1, min(len(frame), 2000)).astype(np.int64))
        x: Any = frame[numeric].to_numpy(np.float64)[rows]
        parts = parts_of(x, y.to_numpy(np.float64)[rows])
        if not parts:
            break
        names = [numeric[i] for i in parts]
        why = "gives the target away: a linear function of it" if len(names) == 1 else f"{' and '.join(names)}"
        found |= {n: why if len(names) == 1 else f"adds up to the target: {why}" for n in names}
        numeric = [name for name in numeric if name not in names]
    return found


def _renames(column: pd.Series, target: pd.Series) -> bool:
    """Tell whether each value of the column stands for one value of the target, and the other way round."""
    both = column.notna() & target.notna()
    if both.sum() < 10:
        return False
    x, y = column[both], target[both]
    count = x.nunique()
    if count < 2 or count != y.nunique() or (is_number(target) and count > MOST_CATEGORIES):
        return False
    import pandas as pd

    return len(pd.DataFrame({"x": x, "y": y}).drop_duplicates()) == count
