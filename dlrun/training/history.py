"""history.csv: one line for each epoch, written as soon as the epoch is done.

The column `epoch` counts from 1, like the `{epoch}` in the names that ModelCheckpoint gives its files. The other
columns are Keras's, in the order in which Keras's History has them; a name that a spreadsheet would compute, that of an
output called `=1+1`, stands behind an apostrophe.
"""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import Problem, RunError
from dlrun.files import write_atomically, writing
from dlrun.spreadsheet import escape, unescape

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.run_dir import RunDir


class HistoryFile:
    """The file as it grows.

    Args:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns: list[str] = []
        self._rows: list[dict[str, str]] = []

    def add(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Write an epoch's line and hand it to the system at once.

        Args:
            epoch: Counted from 0, as Keras does.
            logs: What History gets.

        Raises:
            DiskError: If it cannot be written.
        """
        row = {"epoch": str(epoch + 1)}
        for name, value in logs.items():
            row.update(_cells(name, value))
        self._rows.append(row)
        fresh = [name for name in row if name not in self._columns]
        with writing(self._path):
            if fresh:  # the first epoch, or the first with validation: the heading changes
                self._columns += fresh
                write_atomically(self._path, self._whole())
                return
            with self._path.open("ab") as file:
                file.write(self._text([self._line(row)]))

    @property
    def rows(self) -> Sequence[Mapping[str, str]]:
        """The lines so far: column to cell; the column `epoch` counts from 1."""
        return self._rows

    def text(self) -> str:
        """Return what the file holds so far."""
        return self._whole().decode("utf-8") if self._rows else ""

    def restore(self, text: str) -> None:
        """Let the file hold what `text` gave once, and nothing of later epochs.

        Raises:
            DiskError: If it cannot be written.
        """
        columns, *lines = csv.reader(io.StringIO(text), strict=True) if text else [[]]
        self._columns = [unescape(name) for name in columns]
        self._rows = [{name: cell for name, cell in zip(self._columns, line, strict=True) if cell} for line in lines]
        with writing(self._path):
            if text:
                write_atomically(self._path, text.encode("utf-8"))
            else:
                self._path.unlink(missing_ok=True)

    def _whole(self) -> bytes:
        return self._text([[escape(name) for name in self._columns], *map(self._line, self._rows)])

    def _line(self, row: Mapping[str, str]) -> list[str]:
        return [row.get(name, "") for name in self._columns]

    @staticmethod
    def _text(lines: Sequence[Sequence[str]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        return text.getvalue().encode("utf-8")


def _cells(name: str, value: Any) -> dict[str, str]:
    """Return a number as text that reads back as the same number; `f1_0`, `f1_1` for a metric of several values."""
    array = np.asarray(value)
    if array.ndim == 0:
        return {name: repr(float(array))}
    return {f"{name}_{index}": repr(float(number)) for index, number in enumerate(array.ravel())}


def load_history(run_dir: RunDir) -> pd.DataFrame:
    """Return history.csv as a frame, the numbers bit for bit as they were, NaN where an epoch has none.

    Raises:
        RunError: If the file is missing or damaged.
    """
    import pandas as pd

    text = run_dir.read_text(run_dir.history)
    try:
        lines = csv.reader(io.StringIO(text), strict=True)
        columns = [unescape(name) for name in next(lines, [])]
        values = array("d")  # a stranger's file may have a million lines, and lists of them take fifty times its size
        for line in lines:
            if len(line) != len(columns):
                raise ValueError(f"{len(line)} cells stand under {len(columns)} columns")
            values.extend(map(_number, line))
        if len(set(columns)) != len(columns):
            raise ValueError("two columns have one name")
        frame = pd.DataFrame(np.array(values).reshape(-1, max(len(columns), 1)), columns=columns)
        return frame.astype({"epoch": "int64"})
    except (ValueError, KeyError, csv.Error) as error:
        raise RunError(Problem(f"{run_dir.history} is damaged: {error}")) from error


def _number(cell: str) -> float:
    return float(cell) if cell else math.nan
