"""Scores by threshold and calibration against scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    jaccard_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
)
from statsmodels.stats.proportion import proportion_confint

from dlrun.errors import ConfigError
from dlrun.evaluation.bootstrap import Draws
from dlrun.evaluation.calibration import calibration, class_calibration, error_by_chance
from dlrun.evaluation.threshold import Costs, round_between, threshold_changes, threshold_curve

RANDOM = np.random.default_rng(0)
TRUE = RANDOM.random(300) < 0.3
PROBABILITY = np.round(np.clip(0.4 * TRUE + 0.6 * RANDOM.random(300), 0, 1), 2)  # with ties


def test_every_threshold_scores_as_scikit_learn_does() -> None:
    curve = threshold_curve(TRUE, PROBABILITY)
    assert PROBABILITY.max() < 1
    assert curve.thresholds.tolist() == [*sorted(set(PROBABILITY.tolist())), 1.0]
    for place, threshold in enumerate(curve.thresholds):
        told = threshold <= PROBABILITY
        expected = {
            "accuracy": accuracy_score(TRUE, told),
            "balanced_accuracy": balanced_accuracy_score(TRUE, told),
            "precision": precision_score(TRUE, told, zero_division=0),
            "recall": recall_score(TRUE, told),
            "f1": f1_score(TRUE, told),
            "macro_f1": f1_score(TRUE, told, average="macro", zero_division=0),
            "specificity": recall_score(TRUE, told, pos_label=0),
            "jaccard": jaccard_score(TRUE, told, zero_division=0),
            "matthews_corrcoef": matthews_corrcoef(TRUE, told),
        }
        assert {name: values[place] for name, values in curve.scores.items()} == pytest.approx(expected)


def test_the_best_threshold_is_the_highest() -> None:
    threshold, value = threshold_curve(TRUE, PROBABILITY).best("f1")
    assert value == pytest.approx(max(f1_score(TRUE, t <= PROBABILITY) for t in set(PROBABILITY.tolist())))
    assert f1_score(TRUE, threshold <= PROBABILITY) == pytest.approx(value)
    with pytest.raises(ConfigError, match="no threshold is chosen by 'f2'"):
        threshold_curve(TRUE, PROBABILITY).best("f2")


def test_calibration_is_scikit_learns() -> None:
    came, told = calibration_curve(TRUE, PROBABILITY, n_bins=10)
    found = calibration(TRUE, PROBABILITY)
    assert found.came == pytest.approx(came)
    assert found.told == pytest.approx(told)
    assert found.rows.sum() == 300


def test_the_expected_calibration_error_by_hand() -> None:
    found = calibration(np.array([True, False, True, True]), np.array([0.1, 0.12, 0.9, 0.8]))
    # [0, 0.1] holds 0.1; (0.1, 0.2] holds 0.12; (0.7, 0.8] holds 0.8; (0.8, 0.9] holds 0.9
    assert found.error == pytest.approx((0.9 + 0.12 + 0.2 + 0.1) / 4)
    three = class_calibration(np.array([0, 2]), np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2]]))
    assert three.error == pytest.approx((0.3 + 0.5) / 2)


def test_the_cheapest_threshold_is_the_lowest_cost() -> None:
    costs = Costs(1.0, 5.0)
    curve = threshold_curve(TRUE, PROBABILITY, costs)
    by_hand = [
        (np.sum(~TRUE & (t <= PROBABILITY)) + 5 * np.sum(TRUE & (t > PROBABILITY))) / 300 for t in curve.thresholds
    ]
    assert curve.scores["cost"] == pytest.approx(by_hand)
    threshold, cost = curve.best("cost")
    assert cost == pytest.approx(min(by_hand))
    assert threshold < threshold_curve(TRUE, PROBABILITY).best("accuracy")[0]  # a missed row costs more
    with pytest.raises(ConfigError, match="what mistakes cost"):
        threshold_curve(TRUE, PROBABILITY).best("cost")


def test_no_row_is_called_positive_where_false_alarms_are_dear() -> None:
    true, probability = np.array([False, True, True, False]), np.array([0.1, 0.4, 0.6, 0.9])
    curve = threshold_curve(true, probability, Costs(100.0, 1.0))
    assert curve.best("cost") == (1.0, 0.5)  # two missed rows of four
    rounded = curve.best_rounded("cost")
    assert 0.9 < rounded <= 1.0 and not (probability >= rounded).any()
    certain = threshold_curve(true, np.array([0.1, 0.4, 0.6, 1.0]), Costs(100.0, 1.0))
    assert certain.thresholds.tolist() == [0.1, 0.4, 0.6, 1.0]  # no threshold leaves out a row told to be certain


def test_scikit_learns_names_are_known_and_others_are_not() -> None:
    curve = threshold_curve(TRUE, PROBABILITY)
    assert curve.best("f1_macro") == curve.best("macro_f1")
    with pytest.raises(ConfigError, match="Did you mean 'balanced_accuracy'"):
        curve.best("balance_accuracy")


@pytest.mark.parametrize("metric", ["f1", "accuracy", "recall", "matthews_corrcoef"])
def test_a_threshold_with_few_digits_does_the_same(metric: str) -> None:
    probability = RANDOM.random(300) * 0.5 + 0.4 * TRUE
    curve = threshold_curve(TRUE, probability)
    best, rounded = curve.best(metric)[0], curve.best_rounded(metric)
    assert ((probability >= best) == (probability >= rounded)).all()
    assert len(str(rounded)) < len(str(best))


@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [(0.41, 0.62, 0.5), (0.412, 0.4187, 0.415), (0.0, 0.04, 0.02), (0.5, 0.6, 0.6), (0.0, 0.0, 0.0), (0.9, 1.0, 1.0)],
)
def test_round_numbers_between_two(below: float, above: float, expected: float) -> None:
    assert round_between(below, above) == expected


def test_what_another_threshold_changes() -> None:
    changes = threshold_changes(TRUE, PROBABILITY, (0.5, 0.3), Draws(300))
    assert changes["recall"].before == pytest.approx(recall_score(TRUE, PROBABILITY >= 0.5))
    assert changes["recall"].after == pytest.approx(recall_score(TRUE, PROBABILITY >= 0.3))
    assert changes["recall"].low is not None and changes["recall"].low >= 0  # a lower threshold loses no positive row
    assert changes["specificity"].high is not None and changes["specificity"].high <= 0
    same = threshold_changes(TRUE, PROBABILITY, (0.5, 0.5), Draws(300))["f1"]
    assert (same.low, same.high, same.is_noise) == (0.0, 0.0, True)
    few = threshold_changes(TRUE[:5], PROBABILITY[:5], (0.5, 0.3), Draws(5))["f1"]
    assert few.low is None and few.is_noise
    one = threshold_changes(TRUE, PROBABILITY, (0.5, 0.3), Draws(300, block=200))["recall"]
    assert one.low is None and one.is_noise  # in one block and a half all draws are much the same


def test_the_interval_of_a_bins_share_is_wilsons() -> None:
    found = calibration(TRUE, PROBABILITY)
    low, high = found.shares()
    for place, count in enumerate(found.rows):
        expected = proportion_confint(round(found.came[place] * count), count, method="wilson")
        assert (low[place], high[place]) == pytest.approx(expected)


def test_perfect_probabilities_have_an_error_by_chance_and_others_a_larger_one() -> None:
    random = np.random.default_rng(1)
    probability = random.random(400)
    errors = [calibration(random.random(400) < probability, probability).error for _ in range(400)]
    limit = error_by_chance(probability)
    assert np.mean([error <= limit for error in errors]) == pytest.approx(0.95, abs=0.03)
    assert calibration(random.random(400) < probability**3, probability).error > limit
