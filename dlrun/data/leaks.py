"""Features that tell the target: those that add up to it, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.dtypes import is_number
from dlrun.data.leaks_in_text import leak_words

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.data.table import Dataset

Array = np.ndarray[Any, Any]

_ROWS = 2000  # are looked at, evenly spread
_MOST_FEATURES = 200
_EXACT = 1e-7  # of the target's spread


def sums_to_target(dataset: Dataset) -> list[str]:
    """Return a sentence for each numeric target that is a sum of features, with weights or without."""
    frame = dataset.parts["train"].frame
    names = [n for n in dataset.features if n in frame.columns and is_number(frame[n]) and n not in dataset.targets]
    if not 0 < len(names) <= _MOST_FEATURES:
        return []
    rows = np.unique(np.linspace(0, len(frame) - 1, min(len(frame), _ROWS)).astype(np.int64))
    x = np.stack([_some(frame, name, rows) for name in names], axis=1)
    notes = []
    for target in dataset.targets:
        if target not in frame.columns or not is_number(frame[target]):
            continue
        found = parts_of(x, _some(frame, target, rows))
        if found:
            notes.append(leak_words([names[i] for i in found], target, window=dataset.series is not None))
    return notes


def _some(frame: pd.DataFrame, name: str, rows: Array) -> Array:
    return frame[name].to_numpy()[rows].astype(np.float64)


def parts_of(x: Array, y: Array) -> list[int]:
    """Return the columns that give `y` exactly by a linear function, as few as will do; none if there is no such one.

    Args:
        x: Features `(num_rows, num_features)`.
        y: The target `(num_rows,)`.
    """
    known = np.isfinite(y) & np.isfinite(x).all(axis=1)
    x, y = x[known], y[known]
    if len(y) < 3 * x.shape[1] + 10 or y.std() == 0:
        return []
    x = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    y = (y - y.mean()) / y.std()
    if not _is_exact(x, y):
        return []
    chosen = list(range(x.shape[1]))
    for column in range(x.shape[1]):
        fewer = [i for i in chosen if i != column]
        if fewer and _is_exact(x[:, fewer], y):
            chosen = fewer
    return chosen


def _is_exact(x: Array, y: Array) -> bool:
    weights = np.linalg.lstsq(x, y, rcond=None)[0]
    return bool(np.abs(x @ weights - y).max() < _EXACT)
