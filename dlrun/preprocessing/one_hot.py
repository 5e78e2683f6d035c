"""One feature of 0 and 1 per category."""

from __future__ import annotations

import numpy as np

from dlrun.preprocessing.categories import CategoryStep, category_text
from dlrun.preprocessing.step import Array


class OneHot(CategoryStep):
    """Make `<column>_<category>` features, in the categories' sorted order; scikit-learn's `OneHotEncoder`.

    A category not seen in training becomes zeros and is counted.

    Args:
        drop: `first` leaves out the first category's feature, which the others imply.
    """

    def __init__(self, drop: str | None = None) -> None:
        if drop not in (None, "first"):
            raise ValueError(f"drop is first, or nothing; this is {drop!r}")
        self.first = 0 if drop is None else 1

    def apply(self, x: Array) -> Array:
        """Return `(num_rows, num_features)` of 0.0 and 1.0."""
        codes = self.codes(x)
        blocks = [self._indicators(codes[:, i], len(values)) for i, values in enumerate(self.categories)]
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)

    def _indicators(self, codes: Array, num_categories: int) -> Array:
        out = np.zeros((len(codes), num_categories - self.first))
        shown = np.flatnonzero(codes >= self.first)
        out[shown, codes[shown] - self.first] = 1.0
        return out

    def feature_names(self, names: list[str]) -> list[str]:
        """Return `<column>_<category>` for each feature."""
        pairs = zip(names, self.categories, strict=True)
        return [f"{name}_{category_text(value)}" for name, values in pairs for value in values[self.first :]]
