"""One cut of rows in two, as scikit-learn does it.

The plain, the grouped and the ordered cut are a few lines of NumPy that give scikit-learn's own rows (a test holds
them together), since importing scikit-learn takes longer than training a small network. The stratified one is its own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def held_out(size: float | int, num_rows: int) -> int:
    """Return how many of the rows a fraction or a number holds out; a fraction is rounded up, as in scikit-learn."""
    return math.ceil(size * num_rows) if isinstance(size, float) else size


def shuffled_cut(num_rows: int, size: float | int, seed: int) -> tuple[Array, Array]:
    """Return the positions of `train_test_split(test_size=size, random_state=seed)`: the rest, the rows held out."""
    permutation = np.random.RandomState(seed).permutation(num_rows)
    count = held_out(size, num_rows)
    return permutation[count:], permutation[:count]


def last_cut(num_rows: int, size: float | int) -> tuple[Array, Array]:
    """Return the positions of `train_test_split(shuffle=False)`: the rest, the last rows."""
    count = held_out(size, num_rows)
    return np.arange(num_rows - count), np.arange(num_rows - count, num_rows)


def grouped_cut(groups: Array, size: float | int, seed: int) -> tuple[Array, Array]:
    """Return the positions of the first cut of `GroupShuffleSplit(test_size=size, random_state=seed)`.

    The size is a fraction or a number of groups, not of rows.
    """
    names, number = np.unique(groups, return_inverse=True)
    rest, held = shuffled_cut(len(names), size, seed)
    return np.flatnonzero(np.isin(number, rest)), np.flatnonzero(np.isin(number, held))


def stratified_cut(labels: Array, size: float | int, seed: int) -> tuple[Array, Array]:
    """Return the positions of `train_test_split(stratify=labels)`: the rest, the rows held out."""
    from sklearn.model_selection import train_test_split

    rest, held = train_test_split(np.arange(len(labels)), test_size=size, random_state=seed, stratify=labels)
    return rest, held
