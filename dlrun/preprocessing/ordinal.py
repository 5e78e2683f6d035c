"""One number per category."""

from __future__ import annotations

import numpy as np

from dlrun.preprocessing.categories import CategoryStep
from dlrun.preprocessing.step import Array


class Ordinal(CategoryStep):
    """Number the categories from 0 in sorted order; scikit-learn's `OrdinalEncoder`.

    A category not seen in training becomes 0, as everywhere in dlrun, and is counted.
    """

    def apply(self, x: Array) -> Array:
        """Return each cell's number."""
        return np.maximum(self.codes(x), 0).astype(np.float64).reshape(x.shape)
