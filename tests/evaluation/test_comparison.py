"""Differences, held against scipy's tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dlrun.evaluation.comparison import paired_difference, row_difference, unpaired_difference

RANDOM = np.random.default_rng(0)
FIRST = RANDOM.normal(4.0, 0.3, 6)
SECOND = FIRST - 0.4 + RANDOM.normal(0, 0.1, 6)


def test_paired_is_scipys() -> None:
    found = paired_difference(FIRST, SECOND)
    theirs = stats.ttest_rel(SECOND, FIRST)
    expected = theirs.confidence_interval(0.95)
    assert found.mean == pytest.approx((SECOND - FIRST).mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.is_real == (theirs.pvalue < 0.05)


def test_unpaired_is_welchs() -> None:
    found = unpaired_difference(FIRST, SECOND[:4])
    theirs = stats.ttest_ind(SECOND[:4], FIRST, equal_var=False)
    expected = theirs.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.method, found.count) == ("unpaired", 4)
    assert found.is_real == (theirs.pvalue < 0.05)


def test_folds_are_less_sure() -> None:
    alone, shared = paired_difference(FIRST, SECOND), paired_difference(FIRST, SECOND, overlap=0.25)
    ratio = (1 / 6 + 0.25) ** 0.5 / (1 / 6) ** 0.5
    assert shared.high - shared.low == pytest.approx((alone.high - alone.low) * ratio)
    assert shared.needed is None


def test_as_many_runs_as_it_takes() -> None:
    """That many pairs see the difference four times out of five, one fewer sees it less often."""
    first, second = np.array([0.0, 0.0, 0.0]), np.array([-1.0, 0.0, 2.0])
    needed = paired_difference(first, second).needed
    assert needed is not None
    random, std = np.random.default_rng(1), np.std([-1.0, 0.0, 2.0], ddof=1)

    def power(count: int) -> float:
        samples = random.normal(1 / 3, std, (4000, count))
        return float(np.mean(stats.ttest_1samp(samples, 0.0, axis=1).pvalue < 0.05))

    assert power(needed) == pytest.approx(0.8, abs=0.03)
    assert power(needed // 2) < 0.7


def test_no_difference_needs_no_number_of_runs() -> None:
    found = paired_difference([1.0, 2.0], [1.0, 2.0])
    assert (found.mean, found.low, found.high, found.needed, found.is_real) == (0.0, 0.0, 0.0, None, False)


def test_over_rows() -> None:
    first = RANDOM.normal(4.0, 0.5, 1000)
    found = row_difference(first, first - 0.2, (4.0, 3.8), 100)
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((-0.2, -0.2, -0.2))
    assert found.is_real
    assert row_difference(first, np.full(1000, np.nan), (4.0, 3.8), 100) is None
