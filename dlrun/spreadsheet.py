"""CSV that is safe to open in a spreadsheet: text that it would compute as a formula stands behind an apostrophe.

Only text is touched, never a number, and reading back undoes it: `unescape(escape(text)) == text` for every text.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# What OWASP names, also in the full-width forms that some spreadsheets take for the same; an apostrophe before them
# would be taken for ours, so that it gets one, too.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\0＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def escape(text: str) -> str:
    """Return text as a cell that no spreadsheet computes."""
    return f"'{text}" if _is_formula(text) else text


def unescape(cell: str) -> str:
    """Return the text that `escape` made a cell of."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None


def csv_of(frame: pd.DataFrame, *, raw: bool = False) -> str:
    """Return a frame as CSV.

    Args:
        frame: The frame.
        raw: Whether text stays as it is, for programs.
    """
    cells = frame if raw else _escaped(frame)
    text = cells.to_csv(index=False, lineterminator="\n")
    if "\r" in text:  # Python's writer forgets to quote it
        text = cells.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    return text


def _escaped(frame: pd.DataFrame) -> pd.DataFrame:
    cells = frame.copy(deep=False)
    for position, dtype in enumerate(frame.dtypes):
        if not (hasattr(dtype, "kind") and dtype.kind in "iufbmMc"):
            column = frame.iloc[:, position]
            cells.isetitem(position, column.astype(object).map(_escaped_cell).to_numpy())
    return cells.set_axis([escape(str(name)) for name in frame.columns], axis=1)


def _escaped_cell(value: object) -> object:
    return escape(value) if isinstance(value, str) else value
