"""One look at a table: target, task, and what each column is good for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dlrun.errors import DataError, Problem
from dlrun.first_config.columns import COUNTS_THE_ROWS, Column, column_of, leaking
from dlrun.first_config.reading import read_anything
from dlrun.first_config.target import Target, find_target

FEWEST_ROWS = 20
_TEXT_PLACES = 200  # words of a text at most


@dataclass(frozen=True)
class Look:
    """What was found.

    Args:
        file: The table.
        rows: Its rows.
        read: Options of `data.read`.
        target: What is to be predicted.
        columns: All the others, in the table's order.
        spread: For a regression: the target's standard deviation, the RMSE of "always the mean".
        text: The one text column that the network reads, where there is nothing else to learn from.
        places: How many words of that text are read.
    """

    file: Path
    rows: int
    read: dict[str, Any]
    target: Target
    columns: list[Column] = field(default_factory=list)
    spread: float = 0.0
    text: str | None = None
    places: int = 0

    @property
    def used(self) -> list[Column]:
        """The columns that the network learns from."""
        if self.text is not None:
            return [column for column in self.columns if column.name == self.text]
        return [column for column in self.columns if column.role in ("numeric", "categorical")]

    @property
    def dropped(self) -> list[Column]:
        """The columns that it does not, with the reason in `why`."""
        names = {column.name for column in self.used}
        return [column for column in self.columns if column.name not in names]


def look_at(file: Path, target: str | None = None) -> Look:
    """Return what a table is like.

    Args:
        file: The table.
        target: The column to predict, if it is known.

    Raises:
        DataError: If it cannot be read, has too few rows, or nothing to learn from.
    """
    frame, options = read_anything(file)
    if len(frame) < FEWEST_ROWS:
        raise DataError(Problem(f"{file} has {len(frame)} rows, too few to train, validate and test a network"))
    found = find_target(frame, target)
    columns = [column_of(frame[name]) for name in frame.columns if name != found.name]
    leaks = leaking(frame, columns, found.name)
    columns = [replace(c, role="drop", why=leaks[c.name]) if c.name in leaks else c for c in columns]
    spread = float(frame[found.name].std()) if found.task == "regression" else 0.0
    look = Look(file, len(frame), options, found, columns, spread)
    if look.used:
        return look
    if any(c.why == COUNTS_THE_ROWS for c in columns):  # the x of a curve
        return replace(look, columns=[Column(c.name, "numeric") if c.why == COUNTS_THE_ROWS else c for c in columns])
    texts = [c.name for c in columns if c.role == "text" and not c.missing]
    if not texts:
        fix = "Another --target may do."
        raise DataError(Problem(f"no column of {file} is left to predict '{found.name}' from", fix))
    most = float(frame[texts[0]].astype(str).str.count(r"\S+").quantile(0.95))  # a few long texts are cut
    return replace(look, text=texts[0], places=int(min(max(most, 5), _TEXT_PLACES)))
