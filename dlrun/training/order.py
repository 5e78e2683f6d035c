"""The order of the training rows, a pure function of seed and epoch.

Seeded Keras shuffles the rows the same way in every epoch, and a later version shuffles by a counter that starts anew
with each `fit`. Here epoch 7 of seed 20 has one order for ever, so a resumed run goes on with the very same batches.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def epoch_order(num_rows: int, seed: int, epoch: int, shuffle: bool = True) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the positions of the training rows in the order of an epoch, `(num_rows,)`.

    Args:
        num_rows: How many training rows there are.
        seed: The run's seed.
        epoch: The epoch, counted from 0.
        shuffle: Whether rows change places; else they stay as they are, as with `fit.shuffle: false`.
    """
    if not shuffle:
        return np.arange(num_rows, dtype=np.int64)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, epoch])))
    return generator.permutation(num_rows).astype(np.int64)
