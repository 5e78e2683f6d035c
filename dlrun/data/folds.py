"""Walk-forward folds: each trains on what was known at a time and is judged on what came after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Fold:
    """Positions of rows, in order of time.

    Args:
        train: The training rows.
        test: The rows after them, `embargo` rows later.
    """

    train: Array
    test: Array


def walk_forward(
    num_rows: int, folds: int, *, test_rows: int | None = None, train_rows: int | None = None, embargo: int = 0
) -> list[Fold]:
    """Return folds that end with the last row, each judged on the rows after those that the one before was judged on.

    With `test_rows=None`, `embargo=0` and an expanding window they are those of scikit-learn's `TimeSeriesSplit`.

    Args:
        num_rows: How many rows there are, in order of time.
        folds: How many folds.
        test_rows: Rows that each is judged on; default: the rows shared out evenly to the folds and a first training.
        train_rows: The latest so many rows train (a sliding window); None takes all from the first on (expanding).
        embargo: Rows left out between training and test.

    Raises:
        ValueError: If there are too few rows.
    """
    if folds < 1:
        raise ValueError("there must be at least one fold")
    size = num_rows // (folds + 1) if test_rows is None else test_rows
    first = num_rows - folds * size
    least = embargo + (train_rows or 1)
    if size < 1 or first < least:
        needed = least + folds * max(size, 1)
        raise ValueError(f"{folds} folds need {needed} rows, and there are {num_rows}")
    starts = [first + number * size for number in range(folds)]
    return [
        Fold(np.arange(0 if train_rows is None else start - embargo - train_rows, start - embargo),
             np.arange(start, start + size))
        for start in starts
    ]  # fmt: skip
