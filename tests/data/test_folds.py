"""Walk-forward folds, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

from dlrun.data.folds import Fold, group_folds, shuffled_folds, stratified_folds, walk_forward


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
        assert rows < folds * test + embargo + 1
        return
    if folds > 1:  # scikit-learn wants two
        expected = TimeSeriesSplit(folds, test_size=test, max_train_size=train, gap=embargo)
        cut = [(a.tolist(), b.tolist()) for a, b in expected.split(range(rows))]
        assert [(fold.train.tolist(), fold.test.tolist()) for fold in found] == cut
    assert found[-1].test[-1] == rows - 1
    for fold in found:
        assert len(fold.test) == test and len(fold.train) == min(train or rows, fold.train[-1] + 1)
        assert fold.train[-1] + embargo + 1 == fold.test[0]


def test_too_few_rows() -> None:
    with pytest.raises(ValueError, match="4 folds need 25 rows, and there are 20"):
        walk_forward(20, 4, test_rows=6)


def as_lists(folds: list[Fold]) -> list[tuple[list[int], list[int]]]:
    return [(fold.train.tolist(), fold.test.tolist()) for fold in folds]


@settings(deadline=None, max_examples=30)
@given(st.integers(10, 100), st.integers(2, 10), st.integers(0, 2**31))
def test_shuffled_folds_are_those_of_scikit_learn(rows: int, folds: int, seed: int) -> None:
    theirs = KFold(folds, shuffle=True, random_state=seed).split(np.zeros(rows))
    assert as_lists(shuffled_folds(rows, folds, seed)) == [(a.tolist(), b.tolist()) for a, b in theirs]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from("abc"), min_size=20, max_size=60), st.integers(2, 5), st.integers(0, 2**31))
def test_stratified_folds_are_those_of_scikit_learn(labels: list[str], folds: int, seed: int) -> None:
    y = np.array([*labels, *"abc" * folds])
    theirs = StratifiedKFold(folds, shuffle=True, random_state=seed).split(y, y)
    assert as_lists(stratified_folds(y, folds, seed)) == [(a.tolist(), b.tolist()) for a, b in theirs]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=20, max_size=60), st.integers(2, 5))
def test_group_folds_keep_a_group_together(groups: list[int], folds: int) -> None:
    column = np.array([*groups, *range(folds)])
    found = group_folds(column, folds)
    for fold in found:
        assert not set(column[fold.train]) & set(column[fold.test])
    assert sorted(row for fold in found for row in fold.test) == list(range(len(column)))


def test_what_folds_need() -> None:
    with pytest.raises(ValueError, match="5 folds need 5 rows, and there are 3"):
        shuffled_folds(3, 5, 0)
    with pytest.raises(ValueError, match="class 'b' has 1 row, fewer than 2 folds"):
        stratified_folds(np.array(list("aaaab")), 2, 0)
    with pytest.raises(ValueError, match="3 folds need 3 groups, and there are 2"):
        group_folds(np.array([1, 1, 2, 2]), 3)
