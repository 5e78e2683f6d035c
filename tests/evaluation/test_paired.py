"""Differences of scores on the same rows: exact scores, and intervals that tell a change from noise."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss

from dlrun.evaluation.paired import paired_difference

RANDOM = np.random.default_rng(3)
TRUE = RANDOM.normal(size=200)


def test_scores_are_those_of_the_rows() -> None:
    found = paired_difference("rmse", np.array([1.0, 2.0]), np.array([1.0, 4.0]), np.array([1.0, 2.0]))
    assert found.before == pytest.approx(np.sqrt(2)) and found.after == 0.0
    assert found.low is None and found.outcome == "noise"  # two rows tell nothing


def test_a_model_that_is_better_everywhere_is_better() -> None:
    found = paired_difference("mae", TRUE, TRUE + 1.0, TRUE + 0.5)
    assert found.low == pytest.approx(-0.5) and found.high == pytest.approx(-0.5)
    assert found.outcome == "better"
    assert paired_difference("mae", TRUE, TRUE + 0.5, TRUE + 1.0).outcome == "worse"


def test_two_models_that_are_equally_wrong_differ_by_noise() -> None:
    one, two = TRUE + RANDOM.normal(size=200), TRUE + RANDOM.normal(size=200)
    found = paired_difference("rmse", TRUE, one, two)
    assert found.low is not None and found.high is not None and found.low < 0 < found.high
    assert found.outcome == "noise"


def test_one_block_of_a_series_tells_nothing() -> None:
    one, two = TRUE[:12] + RANDOM.normal(size=12), TRUE[:12] + RANDOM.normal(size=12)
    found = paired_difference("rmse", TRUE[:12], one, two, block=12)
    assert found.low is None and found.outcome == "noise"


def test_an_accuracy_is_better_where_it_is_higher() -> None:
    true = np.tile([0, 1], 50)
    assert paired_difference("accuracy", true, np.zeros(100, int), true).outcome == "better"


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Two models of equal worth are called different in about 5 % of the cases."""
    random = np.random.default_rng(0)
    called = 0
    for _ in range(40):
        right = random.random((2, 60)) < 0.7
        true = np.zeros(60, int)
        called += (
            paired_difference("accuracy", true, (~right[0]).astype(int), (~right[1]).astype(int)).outcome != "noise"
        )
    assert called <= 6


def test_class_scores_are_scikit_learns() -> None:
    true, predicted = RANDOM.integers(0, 3, 80), RANDOM.integers(0, 3, 80)
    probabilities = RANDOM.dirichlet([1, 1, 1], 80)
    found = paired_difference("macro_f1", true, predicted, predicted)
    assert found.before == pytest.approx(f1_score(true, predicted, average="macro"))
    found = paired_difference("log_loss", true, probabilities, probabilities)
    assert found.after == pytest.approx(log_loss(true, probabilities)) and found.low == found.high == 0.0
