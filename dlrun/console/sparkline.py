"""A curve in one line of text: eight heights of Unicode blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int, low: float, high: float) -> str:
    """Return a curve; where there are more values than places, each place is the mean of those that fall on it.

    Args:
        values: What is drawn, from left to right; one that is not finite is a space.
        width: Places at most.
        low: The value of the lowest block.
        high: The value of the highest one.
    """
    count = min(len(values), width)
    edges = [n * len(values) // count for n in range(count + 1)] if count else []
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    return "".join(_block(value, low, high) for value in means)


def _block(value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return " "
    share = (value - low) / (high - low) if high > low else 0.0
    return _BLOCKS[min(max(int(share * len(_BLOCKS)), 0), len(_BLOCKS) - 1)]


def scale_of(values: Sequence[float]) -> tuple[float, float] | None:
    """Return from where to where curves are drawn; None where no value is finite.

    The first epochs are often far above the rest, and would press it flat: the scale ends at twice the median.
    """
    finite = sorted(value for value in values if math.isfinite(value))
    if not finite:
        return None
    low, middle = finite[0], finite[len(finite) // 2]
    return low, min(finite[-1], low + 2 * (middle - low)) if middle > low else finite[-1]


def loss_curves(curves: dict[str, list[float]], width: int) -> list[str]:
    """Return a line for each curve, all on one scale, so that a gap between them is seen.

    Args:
        curves: Name to its values, one an epoch.
        width: Columns of the terminal.
    """
    scale = scale_of([value for values in curves.values() for value in values])
    if scale is None:
        return []
    label = max(map(len, curves))
    return [f"{name:<{label}}  {sparkline(v, max(width - label - 2, 1), *scale)}" for name, v in curves.items() if v]
