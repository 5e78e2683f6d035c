"""What the figures are made of; only the standard library, since the runner's own memory counts (see measure.py)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are known; None where none is."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def later_epochs(seconds: Sequence[float]) -> float | None:
    """Return the median of the epochs after the first, which alone pays for tracing the graph."""
    return median(seconds[1:])


def ratio(script: float | None, dlrun: float | None) -> float | None:
    """Return how many times dlrun's figure fits into the script's: above 1 dlrun is faster, or smaller."""
    if script is None or not dlrun:
        return None
    return script / dlrun


def exponent(sizes: Sequence[float], costs: Sequence[float | None]) -> float | None:
    """Return p of `cost = a * size ** p`, by least squares on logarithms.

    Points without a cost, or with one that is not positive (a size whose cost drowns in the start-up time that was
    taken off), say nothing about growth and are left out. Fewer than two different sizes give None.
    """
    points = [
        (math.log(size), math.log(cost))
        for size, cost in zip(sizes, costs, strict=True)
        if cost is not None and cost > 0
    ]
    if len({x for x, _ in points}) < 2:
        return None
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def less(costs: Sequence[float | None], base: float | None) -> list[float | None]:
    """Return what is left of the costs without `base`; None where either is unknown."""
    return [None if cost is None or base is None else cost - base for cost in costs]
