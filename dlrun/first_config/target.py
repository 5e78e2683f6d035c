"""Which column is the target, and what kind of task that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlrun.data.dtypes import is_number
from dlrun.data.names import column_name
from dlrun.errors import DataError, Problem, did_you_mean
from dlrun.first_config.columns import MOST_CATEGORIES, column_of, time_words

if TYPE_CHECKING:
    import pandas as pd

Task = Literal["regression", "binary", "multiclass"]

_USUAL = ("target", "label", "labels", "class", "y", "outcome", "response", "survived", "diagnosis", "churn")
_MOST_NUMBER_CLASSES = 10  # whole numbers that are classes rather than amounts
_ROWS_A_CLASS = 10


@dataclass(frozen=True)
class Target:
    """The target.

    Args:
        name: Its column.
        why: Why this one.
        task: What there is to learn.
        counts: For classes: rows of each, the most frequent first.
        missing: Rows without a label.
    """

    name: str
    why: str
    task: Task
    counts: tuple[int, ...] = ()
    missing: int = 0

    @property
    def majority(self) -> float:
        """The share of the most frequent class."""
        return max(self.counts) / sum(self.counts)

    @property
    def is_uneven(self) -> bool:
        """Whether one class has three times as many rows as another, so that the small one would be neglected."""
        return bool(self.counts) and max(self.counts) >= 3 * min(self.counts)


def find_target(frame: pd.DataFrame, wanted: str | None) -> Target:
    """Return the target: the column that is wanted, else one with a usual name, else the last that can be one.

    Raises:
        DataError: If there is no such column, or no column can be a target.
    """
    names = list(frame.columns)
    if wanted is not None:
        name = column_name(wanted)
        if name not in names:
            raise DataError(Problem(f"there is no column '{name}'", did_you_mean(name, names)))
        task = task_of(frame[name])
        if task is None:
            what = f"column '{name}' cannot be a target: it is {_unfit(frame[name])}"
            raise DataError(Problem(what, "Name another one with --target."))
        return _target(frame[name], "as told", task)
    usual = {n.casefold(): n for n in reversed(names)}
    for word in _USUAL:
        name = usual.get(word, "")
        task = task_of(frame[name]) if name else None
        if task is not None:
            return _target(frame[name], "by its name", task)
    for name in reversed(names):
        task = task_of(frame[name])
        if task is not None and column_of(frame[name]).role != "drop":
            return _target(frame[name], "the last column" + (" that can be one" if name != names[-1] else ""), task)
    raise DataError(Problem("no column can be a target", "Name one with --target."))


def task_of(column: pd.Series) -> Task | None:
    """Return the task of predicting a column: many numbers are a regression, few values are classes.

    None where it cannot be predicted: a constant, a time, free text, or nearly all of it missing.
    """
    present = column.dropna()
    distinct = int(present.nunique())
    if distinct < 2 or len(present) < len(column) / 2 or time_words(column):
        return None
    if distinct == 2:
        return "binary"
    if not is_number(column):
        return "multiclass" if distinct <= min(MOST_CATEGORIES, len(present) // 4) else None
    values = present.to_numpy(np.float64)
    whole = bool((values == np.floor(values)).all())
    few = distinct <= _MOST_NUMBER_CLASSES and len(present) >= _ROWS_A_CLASS * distinct
    return "multiclass" if whole and few else "regression"


def _unfit(column: pd.Series) -> str:
    present = column.dropna()
    if present.nunique() < 2:
        return "the same in every row" if len(present) else "empty"
    if len(present) < len(column) / 2:
        return "missing in most rows"
    return "a time" if time_words(column) else f"text with {present.nunique():,} different values"


def _target(column: pd.Series, why: str, task: Task) -> Target:
    counts = () if task == "regression" else tuple(int(n) for n in column.value_counts())
    return Target(str(column.name), why, task, counts, int(column.isna().sum()))
