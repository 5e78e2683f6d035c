"""Bring values into bounds."""

from __future__ import annotations

import numpy as np

from dlrun.preprocessing.state import is_number
from dlrun.preprocessing.step import Array, Step


class Clip(Step):
    """Replace values below `min` by `min` and values above `max` by `max`.

    Args:
        min: The lower bound, or None.
        max: The upper bound, or None.
    """

    takes_missing = True

    def __init__(self, min: float | None = None, max: float | None = None) -> None:
        for bound in (min, max):
            if bound is not None and not is_number(bound):
                raise ValueError(f"min and max are numbers; this is {bound!r}")
        if min is None and max is None:
            raise ValueError("give min, max or both")
        if min is not None and max is not None and min > max:
            raise ValueError(f"min ({min}) is greater than max ({max})")
        self.min, self.max = min, max

    def apply(self, x: Array) -> Array:
        """Bring the rows into bounds."""
        return np.asarray(np.clip(x, self.min, self.max))
