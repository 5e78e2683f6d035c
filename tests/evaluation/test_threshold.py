"""Scores by threshold and calibration against scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, precision_score, recall_score

from dlrun.errors import ConfigError
from dlrun.evaluation.calibration import calibration, class_calibration
from dlrun.evaluation.threshold import threshold_curve

RANDOM = np.random.default_rng(0)
TRUE = RANDOM.random(300) < 0.3
PROBABILITY = np.round(np.clip(0.4 * TRUE + 0.6 * RANDOM.random(300), 0, 1), 2)  # with ties


def test_every_threshold_scores_as_scikit_learn_does() -> None:
    curve = threshold_curve(TRUE, PROBABILITY)
    assert curve.thresholds.tolist() == sorted(set(PROBABILITY.tolist()))
    for place, threshold in enumerate(curve.thresholds):
        told = threshold <= PROBABILITY
        expected = {
            "accuracy": accuracy_score(TRUE, told),
            "balanced_accuracy": balanced_accuracy_score(TRUE, told),
            "precision": precision_score(TRUE, told, zero_division=0),
            "recall": recall_score(TRUE, told),
            "f1": f1_score(TRUE, told),
            "macro_f1": f1_score(TRUE, told, average="macro", zero_division=0),
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
