"""The logarithm of 1 + x."""

from __future__ import annotations

import numpy as np

from dlrun.preprocessing.step import Array, Step


class Log1p(Step):
    """Take log(1 + x), for amounts and counts that spread over several powers of ten.

    A value of -1 or less has no such logarithm and is reported as an error.
    """

    takes_missing = True

    def apply(self, x: Array) -> Array:
        """Take the logarithm."""
        return np.asarray(np.log1p(x))

    def invert(self, y: Array) -> Array:
        """Undo it: exp(y) - 1."""
        return np.asarray(np.expm1(y))
