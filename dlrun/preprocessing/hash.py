"""A number of fixed range for any category."""

from __future__ import annotations

import hashlib

import numpy as np

from dlrun.preprocessing.categories import category_text
from dlrun.preprocessing.step import Array, Step, as_columns


class Hash(Step):
    """Put every category into one of `num_bins` bins by a hash of its text, so that nothing need be learned.

    The hash is BLAKE2b of the UTF-8 text, the same on every machine and in every release. A later `one_hot` makes
    features of the bins; an `Embedding` takes them as they are.

    Args:
        num_bins: Number of bins; the result is 0 .. num_bins - 1.
    """

    takes_text = True

    def __init__(self, num_bins: int) -> None:
        if isinstance(num_bins, bool) or not isinstance(num_bins, int) or num_bins < 1:
            raise ValueError(f"num_bins is a whole number from 1; this is {num_bins!r}")
        self.num_bins = num_bins

    def apply(self, x: Array) -> Array:
        """Return each cell's bin."""
        columns = as_columns(x)
        bins = np.empty(columns.shape)
        for i in range(columns.shape[1]):
            values, inverse = np.unique(columns[:, i], return_inverse=True)
            bins[:, i] = np.array([self._bin(value) for value in values], dtype=np.float64)[inverse]
        return bins.reshape(x.shape)

    def _bin(self, value: object) -> int:
        digest = hashlib.blake2b(category_text(value).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.num_bins
