"""CSV that is safe to open in a spreadsheet: text that it would compute as a formula stands behind an apostrophe.

Only text is touched, never a number, and reading back undoes it: `unescape(escape(text)) == text` for every text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, Any]

# What OWASP names, also in the full-width forms that some spreadsheets take for the same; an apostrophe before them
# would be taken for ours, so that it gets one, too.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\0＝＋－＠]")
ROWS_AT_ONCE = 2**14
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def escape(text: str) -> str:
    """Return text as a cell that no spreadsheet computes."""
    return f"'{text}" if _is_formula(text) else text


def unescape(cell: str) -> str:
    """Return the text that `escape` made a cell of."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None


def csv_of(frame: pd.DataFrame, *, raw: bool = False, header: bool = True) -> str:
    """Return a frame as CSV.

    Args:
        frame: The frame.
        raw: Whether text stays as it is, for programs.
        header: Whether the columns' names come first.
    """
    cells = frame if raw else _escaped(frame)
    text = cells.to_csv(index=False, lineterminator="\n", header=header)
    if "\r" in text:  # Python's writer forgets to quote it
        text = cells.to_csv(index=False, lineterminator="\n", header=header, quoting=csv.QUOTE_NONNUMERIC)
    return text


def csv_pieces(frame: pd.DataFrame, *, raw: bool = False) -> Iterator[bytes]:
    """Return what `csv_of` does in UTF-8, some rows at a time: as text a frame takes many times the memory.

    Only quotes that nothing needs may stand in other rows.
    """
    times = [place for place, dtype in enumerate(frame.dtypes) if _is_time(dtype)]
    units = {place: _unit(frame.iloc[:, place].to_numpy()) for place in times}
    for start in range(0, max(len(frame), 1), ROWS_AT_ONCE):
        piece = frame.iloc[start : start + ROWS_AT_ONCE].copy(deep=False)
        for place, unit in units.items():  # to_csv would look at the piece alone, and leave out midnights
            piece.isetitem(place, _time_texts(piece.iloc[:, place].to_numpy(), unit))
        yield csv_of(piece, raw=raw, header=start == 0).encode("utf-8")


def _is_time(dtype: Any) -> bool:
    return dtype.kind == "M" and not hasattr(dtype, "tz")


def _unit(times: Array) -> str:
    """Return the coarsest unit that tells all times exactly."""
    import numpy as np

    known = times[~np.isnat(times)]
    return next((unit for unit in ("D", "s", "ms", "us") if (known.astype(f"M8[{unit}]") == known).all()), "ns")


def _time_texts(times: Array, unit: str) -> Array:
    import numpy as np

    texts = np.char.replace(np.datetime_as_string(times.astype(f"M8[{unit}]")), "T", " ").astype(object)
    texts[np.isnat(times)] = None
    return texts


def _escaped(frame: pd.DataFrame) -> pd.DataFrame:
    cells = frame.copy(deep=False)
    for position, dtype in enumerate(frame.dtypes):
        if not (hasattr(dtype, "kind") and dtype.kind in "iufbmMc"):
            column = frame.iloc[:, position]
            cells.isetitem(position, column.astype(object).map(_escaped_cell).to_numpy())
    return cells.set_axis([escape(str(name)) for name in frame.columns], axis=1)


def _escaped_cell(value: object) -> object:
    return escape(value) if isinstance(value, str) else value
