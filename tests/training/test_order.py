from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.training.order import epoch_order

SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=50)
@given(num_rows=st.integers(1, 500), seed=SEEDS, epoch=st.integers(0, 10_000))
def test_an_order_holds_every_row_once_and_never_changes(num_rows: int, seed: int, epoch: int) -> None:
    order = epoch_order(num_rows, seed, epoch)
    assert sorted(order) == list(range(num_rows))
    assert np.array_equal(order, epoch_order(num_rows, seed, epoch))


@settings(deadline=None, max_examples=30)
@given(seed=SEEDS, epoch=st.integers(0, 1000))
def test_every_epoch_and_every_seed_has_its_own_order(seed: int, epoch: int) -> None:
    order = epoch_order(200, seed, epoch)
    assert not np.array_equal(order, epoch_order(200, seed, epoch + 1))
    assert not np.array_equal(order, epoch_order(200, (seed + 1) % 2**32, epoch))


def test_asking_for_an_order_leaves_the_global_random_state_alone() -> None:
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    epoch_order(10, 1, 1)
    assert np.random.random() == expected


def test_positions_move_evenly() -> None:
    """Each of 8 rows stands in each place about as often: chi-squared over 64 cells, far below its 1e-6 tail."""
    counts = np.zeros((8, 8))
    for epoch in range(4000):
        counts[np.arange(8), epoch_order(8, 7, epoch)] += 1
    assert ((counts - 500) ** 2 / 500).sum() < 120


def test_without_shuffle_rows_stay() -> None:
    assert epoch_order(5, 1, 9, shuffle=False).tolist() == [0, 1, 2, 3, 4]
