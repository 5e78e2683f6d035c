"""Leave a column as it is."""

from __future__ import annotations

from dlrun.preprocessing.step import Array, Step


class NoStep(Step):
    """Do nothing: `columns: {flag: none}` exempts a column from the default."""

    takes_text = True
    takes_missing = True

    def apply(self, x: Array) -> Array:
        """Return the rows as they are."""
        return x

    def invert(self, y: Array) -> Array:
        """Return the values as they are."""
        return y
