from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dlrun.evaluation.statistics import Spread, spread, spreads


def test_by_hand() -> None:
    # Mean 3; squares of the differences 4 + 1 + 0 + 1 + 4 = 10, by n - 1 = 4: the root of 2.5; t of 4 degrees 2.776445.
    found = spread([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found is not None
    half = 2.7764451051977987 * 2.5**0.5 / 5**0.5
    assert (found.count, found.mean) == (5, 3.0)
    assert found.std == pytest.approx(2.5**0.5)
    assert (found.low, found.high) == (pytest.approx(3 - half), pytest.approx(3 + half))


@pytest.mark.parametrize("count", [2, 3, 10, 200])
def test_as_scipy_has_it(count: int) -> None:
    values = np.random.default_rng(count).normal(7, 3, count)
    found = spread(values)
    assert found is not None
    expected = stats.t.interval(0.95, count - 1, loc=values.mean(), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.std == pytest.approx(values.std(ddof=1))


def test_too_few_values() -> None:
    assert spread([]) is None
    assert spread([None]) is None
    assert spread([None, 2.0]) == Spread(1, 2.0, None, None, None)


def test_equal_values_leave_no_doubt() -> None:
    assert spread([0.5, 0.5, 0.5]) == Spread(3, 0.5, 0.0, 0.5, 0.5)


def test_every_metric_has_its_own() -> None:
    found = spreads([{"rmse": 1.0, "mape": None}, {"rmse": 3.0, "mape": None, "r2": 0.5}])
    assert list(found) == ["rmse", "r2"]
    assert (found["rmse"].mean, found["r2"].count) == (2.0, 1)
