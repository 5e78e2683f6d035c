"""Walk-forward folds, against scikit-learn's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

from dlrun.data.folds import walk_forward


@pytest.mark.parametrize(("rows", "folds"), [(10, 3), (100, 5), (261, 4)])
def test_expanding_folds_are_those_of_scikit_learn(rows: int, folds: int) -> None:
    expected = list(TimeSeriesSplit(folds).split(range(rows)))
    found = walk_forward(rows, folds)
    assert [(f.train.tolist(), f.test.tolist()) for f in found] == [(a.tolist(), b.tolist()) for a, b in expected]


def test_sliding_folds_with_an_embargo_are_those_of_scikit_learn() -> None:
    expected = list(TimeSeriesSplit(3, max_train_size=20, test_size=10, gap=4).split(range(80)))
    found = walk_forward(80, 3, test_rows=10, train_rows=20, embargo=4)
    assert [(f.train.tolist(), f.test.tolist()) for f in found] == [(a.tolist(), b.tolist()) for a, b in expected]


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(1, 8), st.integers(1, 20), st.integers(0, 5), st.none() | st.integers(1, 30))
def test_no_fold_knows_what_comes(rows: int, folds: int, test: int, embargo: int, train: int | None) -> None:
    try:
        found = walk_forward(rows, folds, test_rows=test, train_rows=train, embargo=embargo)
    except ValueError:
        assert rows < folds * test + embargo + (train or 1)
        return
    assert found[-1].test[-1] == rows - 1
    for fold in found:
        assert len(fold.test) == test and len(fold.train) == (train or fold.train[-1] + 1)
        assert fold.train[-1] + embargo + 1 == fold.test[0]


def test_too_few_rows() -> None:
    with pytest.raises(ValueError, match="4 folds need 25 rows, and there are 20"):
        walk_forward(20, 4, test_rows=6)
