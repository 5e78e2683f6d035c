"""Resampled scores, held against the scores themselves and against scipy's bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from dlrun.evaluation.bootstrap import Draws, block_length, class_samples, interval, regression_samples
from dlrun.evaluation.classification import binary_scores, multiclass_scores
from dlrun.evaluation.regression import regression_scores


def drawn_rows(draws: Draws) -> list[np.ndarray]:
    """Return the rows of each resample, a row as often as it was drawn."""
    return [np.repeat(np.arange(draws.num_rows), weights) for some in draws.weights() for weights in some]


def test_every_resample_has_as_many_rows_and_the_same_ones_each_time() -> None:
    draws = Draws(50)
    rows = drawn_rows(draws)
    assert len(rows) == draws.resamples == 1000
    assert {len(own) for own in rows} == {50}
    assert all((a == b).all() for a, b in zip(rows, drawn_rows(draws), strict=True))
    assert not all((a == b).all() for a, b in zip(rows, drawn_rows(Draws(50, seed=1)), strict=True))
    counts = sum(np.bincount(own, minlength=50) for own in rows)
    assert counts.min() > 850 and counts.max() < 1150  # each about 1000 times


def test_more_rows_take_fewer_resamples() -> None:
    assert [Draws(n).resamples for n in (10, 20_000, 100_000, 10_000_000)] == [1000, 1000, 200, 100]
    assert Draws(10_000, cost=10).resamples == 200
    assert sum(len(weights) for weights in Draws(100_000).weights()) == 200


def test_blocks_stay_together() -> None:
    for own in drawn_rows(Draws(60, block=6))[:50]:
        counts = np.bincount(own, minlength=60)
        # 10 blocks of 6 rows in a ring begin at most 10 times and end as often.
        assert counts.sum() == 60
        assert np.count_nonzero(np.diff(np.append(counts, counts[0]))) <= 20
    steps = drawn_rows(Draws(60, block=5, repeated=4))[0]
    counts = np.bincount(steps, minlength=60).reshape(15, 4)
    assert (counts == counts[:, :1]).all()  # the steps of an example are drawn together
    assert [block_length(1000), block_length(27, horizon=7), block_length(28)] == [10, 7, 4]


def test_scores_of_resamples_are_those_of_the_rows_drawn() -> None:
    random = np.random.default_rng(0)
    y, answer = random.normal(20, 3, 40), random.normal(20, 4, 40)
    draws = Draws(40)
    found = regression_samples(y, answer, draws)
    for number, rows in enumerate(drawn_rows(draws)[:40]):
        expected = regression_scores(y[rows], answer[rows])
        assert {name: values[number] for name, values in found.items()} == pytest.approx(expected, rel=1e-9)


@settings(deadline=None, max_examples=15)
@given(st.integers(12, 40), st.integers(0, 1000))
def test_scores_of_two_classes(num_rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    y = np.arange(num_rows) % 2
    probability = np.round(random.uniform(size=num_rows), 1)  # many ties
    predicted = (probability >= 0.5).astype(int)
    draws = Draws(num_rows)
    found = class_samples(y, predicted, probability, draws)
    for number, rows in enumerate(drawn_rows(draws)[:15]):
        expected = binary_scores(y[rows], predicted[rows], probability[rows])
        got = {name: values[number] for name, values in found.items()}
        assert got == pytest.approx({k: np.nan if v is None else v for k, v in expected.items()}, nan_ok=True)


def test_scores_of_three_classes() -> None:
    random = np.random.default_rng(3)
    y = random.integers(0, 3, 60)
    probability = random.dirichlet(np.ones(3), 60)
    predicted = probability.argmax(axis=1)
    draws = Draws(60, cost=3)
    found = class_samples(y, predicted, probability, draws)
    for number, rows in enumerate(drawn_rows(draws)[:20]):
        expected = multiclass_scores(y[rows], predicted[rows], probability[rows])
        assert {name: values[number] for name, values in found.items()} == pytest.approx(expected)


def test_the_interval_is_scipys() -> None:
    random = np.random.default_rng(1)
    y = random.normal(size=200)
    answer = y + random.normal(0, 0.5, 200)
    own = interval(regression_samples(y, answer, Draws(200))["mae"])
    theirs = stats.bootstrap(
        (np.abs(answer - y),), np.mean, method="percentile", n_resamples=4000, rng=np.random.default_rng(2)
    ).confidence_interval
    assert own == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_it_covers_what_it_should() -> None:
    """Of 300 samples of 100 rows about 95 % have an interval that holds the error of all rows."""
    random = np.random.default_rng(5)
    hits = 0
    for _ in range(300):
        pair = interval(regression_samples(np.ones(100), 1 + random.normal(size=100), Draws(100))["mae"])
        assert pair is not None
        hits += pair[0] <= (2 / np.pi) ** 0.5 <= pair[1]  # the mean size of a standard normal number
    assert 270 <= hits <= 297


def test_what_is_not_defined_has_no_interval() -> None:
    y = np.array([0.0, *range(1, 30)])
    found = regression_samples(y, y + 1, Draws(30))
    assert interval(found["mape"]) is None
    assert interval(found["rmse"]) == (pytest.approx(1.0), pytest.approx(1.0))
    one = class_samples(np.ones(30, int), np.ones(30, int), np.full(30, 0.9), Draws(30))
    assert "roc_auc" not in one
    assert metrics.accuracy_score(np.ones(30), np.ones(30)) == one["accuracy"][0]
