"""Rows by the values of a column, and whether a model is worse for some of them than for the rest.

A group's score and its difference from the rest have 95 % bootstrap intervals (see `bootstrap`). Group and rest are
drawn apart, since they share no row; of a series together, since one row's neighbours are in the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.evaluation.bootstrap import interval
from dlrun.evaluation.intervals import head_samples
from dlrun.evaluation.scores import score

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config.heads import Head

Array = np.ndarray[Any, Any]

FEW_ROWS = 30  # a group with fewer tells little, whatever its score
BINS = 4
MOST_GROUPS = 20
_FEW_VALUES = 12  # numbers with no more different values than this are groups as they are
MISSING, OTHERS = "(missing)", "(others)"


@dataclass(frozen=True)
class Group:
    """Rows that have something in common.

    Args:
        label: What it is, in words.
        rows: Their places, `(num_rows,)`, rising.
    """

    label: str
    rows: Array


@dataclass(frozen=True)
class GroupScore:
    """A group's score, and how it differs from that of all other rows.

    Args:
        label: The group.
        rows: How many rows it has.
        score: Its score; None where it is not defined.
        between: The score's 95 % interval; None where there is none.
        difference: The score minus the rest's; None where one of them is not defined.
        difference_between: The difference's 95 % interval; None where there is none.
    """

    label: str
    rows: int
    score: float | None
    between: tuple[float, float] | None
    difference: float | None
    difference_between: tuple[float, float] | None

    @property
    def is_small(self) -> bool:
        """Whether the group has too few rows to tell much."""
        return self.rows < FEW_ROWS

    @property
    def is_different(self) -> bool:
        """Whether the difference is more than other rows would make of it."""
        pair = self.difference_between
        return pair is not None and (pair[0] > 0 or pair[1] < 0)


def groups_of(values: pd.Series, bins: int | None = None, *, coded: bool = False) -> list[Group]:
    """Return the groups of a column: its values, or bins with about as many rows each for numbers and times.

    Args:
        values: The column.
        bins: How many bins; default: BINS, or as many as have FEW_ROWS rows, two at least.
        coded: Whether numbers are categories, however many there are.

    Returns:
        The groups in order of the column; text by size, the largest first. Of more than MOST_GROUPS values the largest
        groups stay, and the rest are "(others)". A number that would fill a bin by itself, as the zeros of a skewed
        column, is a group of its own. Missing values are a group.
    """
    missing = values.isna().to_numpy()
    known = np.flatnonzero(~missing)
    column = values.iloc[known]
    bins = bins or max(2, min(BINS, len(known) // FEW_ROWS))
    if not coded and column.dtype.kind in "iufM" and column.nunique() > max(_FEW_VALUES, bins):
        groups = _bins(column.to_numpy(), known, bins)
    else:
        groups = _by_value(column, known)
    return [*groups, Group(MISSING, np.flatnonzero(missing))] if missing.any() else groups


def _by_value(column: pd.Series, known: Array) -> list[Group]:
    in_order = column.dtype.kind in "iufMb"
    codes, found = column.factorize(sort=in_order)
    sizes = np.bincount(codes, minlength=len(found))
    rows = np.split(known[np.argsort(codes, kind="stable")], np.cumsum(sizes)[:-1])
    groups = [Group(label, own) for label, own in zip(_texts(list(found)), rows, strict=True)] if len(found) else []
    largest = sorted(range(len(groups)), key=lambda code: (-int(sizes[code]), code if in_order else groups[code].label))
    kept = largest[:MOST_GROUPS]
    shown = [groups[code] for code in (sorted(kept) if in_order else kept)]
    if len(groups) <= MOST_GROUPS:
        return shown
    rest = np.sort(np.concatenate([groups[code].rows for code in largest[MOST_GROUPS:]]))
    return [*shown, Group(OTHERS, rest)]


def _bins(column: Array, known: Array, bins: int) -> list[Group]:
    numbers = column.astype("int64") if column.dtype.kind == "M" else column
    places = _binned(numbers, np.arange(len(numbers)), bins)
    ends = [value for own in places for value in (column[own].min(), column[own].max())]
    texts = _texts(ends)
    groups = []
    for number, own in enumerate(places):
        low, high = texts[2 * number : 2 * number + 2]
        alone = ends[2 * number] == ends[2 * number + 1]
        groups.append(Group(low if alone else f"{low} to {high}", known[own]))
    return groups


def _binned(numbers: Array, places: Array, bins: int) -> list[Array]:
    """Return the places of each bin's numbers `(rows_of_bin,)`, in order of the numbers.

    A value that fills a bin by itself is one; what is below and above it is binned apart.
    """
    if bins == 1:
        return [places]
    own = numbers[places]
    values, sizes = np.unique(own, return_counts=True)
    edges = np.unique(np.quantile(own, np.linspace(0, 1, bins + 1), method="closest_observation"))
    if sizes.max() * bins < len(own) and len(edges) > bins:
        codes = np.minimum(np.searchsorted(edges, own, side="right") - 1, bins - 1)
        return [places[codes == code] for code in range(bins)]
    value = values[sizes.argmax()]

    def binned(side: Array) -> list[Array]:
        return _binned(numbers, places[side], max(1, round(bins * float(side.mean())))) if side.any() else []

    return [*binned(own < value), places[own == value], *binned(own > value)]


def _texts(values: Sequence[Any]) -> list[str]:
    """Return values as text, with as few digits, from four on, as tell different ones apart."""
    different = len(set(values))
    for digits in range(4, 18):
        texts = [_text(value, digits) for value in values]
        if len(set(texts)) >= different:
            break
    return texts


def _text(value: Any, digits: int) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (float, np.floating)):
        size = float(value)
        if size.is_integer() and abs(size) < 1e15:
            return f"{size:.0f}"
        whole = len(str(int(abs(size)))) if abs(size) < 1e15 else 0
        return f"{size:.{max(digits, whole)}g}"  # never fewer digits than stand before the point
    if isinstance(value, np.datetime64) or hasattr(value, "isoformat"):
        return str(value)[:19].replace("T", " ").removesuffix(" 00:00:00")
    return str(value)


def score_groups(
    head: Head,
    place: int,
    y_true: Array,
    y_pred: Array,
    groups: Sequence[Group],
    metric: str,
    *,
    threshold: float = 0.5,
    horizon: int | None = None,
) -> list[GroupScore]:
    """Score groups, each beside all other rows.

    Args:
        head: The head.
        place: Which of its targets.
        y_true: As `scores.score` takes it, `(num_rows, ...)`.
        y_pred: Likewise.
        groups: The groups.
        metric: One of the scores' names.
        threshold: The probability from which a binary row counts as positive.
        horizon: With windows, the label rows of an example, which follow one another; None for rows without an order.
    """
    target = head.targets[place]

    def scored(rows: Array, seed: int) -> tuple[float | None, Array | None]:
        value = score(head, y_true[rows], y_pred[rows], threshold=threshold)[target].get(metric)
        drawn: Mapping[str, Mapping[str, Array]] = {}
        if len(rows):
            drawn = head_samples(head, y_true, y_pred, threshold=threshold, horizon=horizon, rows=rows, seed=seed)
        return value, drawn.get(target, {}).get(metric)

    found = []
    for group in groups:
        own, samples = scored(group.rows, 0)
        others = np.setdiff1d(np.arange(len(y_pred)), group.rows, assume_unique=True)
        rest, rest_samples = scored(others, 1 if horizon is None else 0)
        difference = None if own is None or rest is None else own - rest
        between = _between(samples, rest_samples)
        found.append(
            GroupScore(
                group.label, len(group.rows), own, None if samples is None else interval(samples), difference, between
            )
        )
    return found


def _between(own: Array | None, rest: Array | None) -> tuple[float, float] | None:
    if own is None or rest is None:
        return None
    count = min(len(own), len(rest))  # larger groups are drawn less often
    return interval(own[:count] - rest[:count])
