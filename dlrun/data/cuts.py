"""One cut of rows in two, as scikit-learn does it.

They are a few lines of NumPy that give scikit-learn's own rows (tests hold them together), since importing
scikit-learn takes longer than training a small network.
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
    """Return the positions of `train_test_split(stratify=labels)`: the rest, the rows held out.

    Args:
        labels: `(num_rows,)`; every class has two rows at least.
        size: A fraction or a number of rows, with room for every class on both sides.
        seed: Of the order, and of where a row more goes among classes with an equal claim to it.
    """
    random = np.random.RandomState(seed)
    _, number, counts = np.unique(labels, return_inverse=True, return_counts=True)
    count = held_out(size, len(labels))
    of_rest = _shares(counts, len(labels) - count, random)
    of_held = _shares(counts - of_rest, count, random)
    rest, held = [], []
    rows_of_classes = np.split(np.argsort(number, kind="stable"), np.cumsum(counts)[:-1])
    for rows, first, then in zip(rows_of_classes, of_rest, of_held, strict=True):
        shuffled = rows[random.permutation(len(rows))]
        rest.append(shuffled[:first])
        held.append(shuffled[first : first + then])
    return random.permutation(np.concatenate(rest)), random.permutation(np.concatenate(held))


def _shares(counts: Array, num_rows: int, random: np.random.RandomState) -> Array:
    """Return how many of `num_rows` rows come from each class: its part of them, rounded down, and then one more.

    The largest remainders get the rows that are left; among equal ones the lot decides.
    """
    exact = counts / counts.sum() * num_rows
    shares = np.floor(exact)
    remainders = exact - shares
    left = int(num_rows - shares.sum())
    for remainder in np.unique(remainders)[::-1]:
        if left <= 0:
            break
        equals = np.flatnonzero(remainders == remainder)
        drawn = random.choice(equals, size=min(len(equals), left), replace=False)
        shares[drawn] += 1
        left -= len(drawn)
    return np.asarray(shares, np.int64)
