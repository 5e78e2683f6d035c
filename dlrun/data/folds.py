"""Folds of cross-validation: every row is in one test part, or, in order of time, each test follows its training rows.

Folds of shuffled rows, classes and groups are scikit-learn's own, so that a notebook's are reproduced row for row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Fold:
    """Positions of rows.

    Args:
        train: The training rows.
        test: The rows that the fold is judged on.
    """

    train: Array
    test: Array


def walk_forward(
    num_rows: int, folds: int, *, test_rows: int | None = None, train_rows: int | None = None, embargo: int = 0
) -> list[Fold]:
    """Return folds that end with the last row, each judged on the rows after those that the one before was judged on.

    They are those of scikit-learn's `TimeSeriesSplit(folds, test_size=test_rows, max_train_size=train_rows,
    gap=embargo)`.

    Args:
        num_rows: How many rows there are, in order of time.
        folds: How many folds.
        test_rows: Rows that each is judged on; default: the rows shared out evenly to the folds and a first training.
        train_rows: At most the latest so many rows train (a sliding window, `max_train_size` of scikit-learn); None
            takes all from the first on (expanding).
        embargo: Rows left out between training and test.

    Raises:
        ValueError: If there are too few rows.
    """
    if folds < 1:
        raise ValueError("there must be at least one fold")
    size = num_rows // (folds + 1) if test_rows is None else test_rows
    first = num_rows - folds * size
    if size < 1 or first <= embargo:
        needed = embargo + 1 + folds * max(size, 1)
        raise ValueError(f"{folds} folds need {needed} rows, and there are {num_rows}")
    starts = [first + number * size for number in range(folds)]
    return [
        Fold(np.arange(max(0, start - embargo - train_rows) if train_rows else 0, start - embargo),
             np.arange(start, start + size))
        for start in starts
    ]  # fmt: skip


def shuffled_folds(num_rows: int, folds: int, seed: int) -> list[Fold]:
    """Return the folds of `KFold(folds, shuffle=True, random_state=seed)`.

    Raises:
        ValueError: If there are fewer rows than folds.
    """
    from sklearn.model_selection import KFold

    if num_rows < folds:
        raise ValueError(f"{folds} folds need {folds} rows, and there are {num_rows}")
    return [Fold(*rows) for rows in KFold(folds, shuffle=True, random_state=seed).split(np.arange(num_rows))]


def stratified_folds(labels: Array, folds: int, seed: int) -> list[Fold]:
    """Return the folds of `StratifiedKFold(folds, shuffle=True, random_state=seed)`.

    Args:
        labels: `(num_rows,)`; every fold gets its share of each.
        folds: How many folds.
        seed: Of the order of rows.

    Raises:
        ValueError: If a class has fewer rows than there are folds.
    """
    from sklearn.model_selection import StratifiedKFold

    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < folds:
        rare, count = classes[counts.argmin()], int(counts.min())
        raise ValueError(f"class '{rare}' has {count} row{'s' if count != 1 else ''}, fewer than {folds} folds")
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return [Fold(*rows) for rows in splitter.split(np.zeros(len(labels)), labels)]


def group_folds(groups: Array, folds: int) -> list[Fold]:
    """Return the folds of `GroupKFold(folds)`: a group is in one test part, and these are about equally large.

    Args:
        groups: `(num_rows,)`.
        folds: How many folds.

    Raises:
        ValueError: If there are fewer groups than folds.
    """
    from sklearn.model_selection import GroupKFold

    count = len(np.unique(groups))
    if count < folds:
        raise ValueError(f"{folds} folds need {folds} groups, and there are {count}")
    return [Fold(*rows) for rows in GroupKFold(folds).split(np.zeros(len(groups)), groups=groups)]
