from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from dlrun.evaluation.classification import METRICS, binary_scores, multiclass_scores


def test_binary_worked_out_by_hand():
    y_true = np.array([1, 1, 1, 0, 0])
    probability = np.array([0.9, 0.6, 0.2, 0.7, 0.1])
    found = binary_scores(y_true, (probability >= 0.5).astype(int), probability)
    assert found["accuracy"] == 3 / 5
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(2 / 3)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found["weighted_f1"] == pytest.approx((3 * 2 / 3 + 2 * 1 / 2) / 5)
    assert found["roc_auc"] == pytest.approx(4 / 6)  # of 6 pairs 4 are in order
    assert found["pr_auc"] == pytest.approx((1 / 1 + 2 / 3 + 3 / 4) / 3)
    logs = np.log([0.9, 0.6, 0.2, 0.3, 0.9])
    assert found["log_loss"] == pytest.approx(-logs.mean())


ROWS = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=40)


@settings(deadline=None, max_examples=60)
@given(ROWS, st.floats(0.05, 0.95))
def test_binary_equals_scikit_learn(rows, threshold):
    y_true, probability = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    y_pred = (probability >= threshold).astype(int)
    found = binary_scores(y_true, y_pred, probability)
    quiet = {"zero_division": 0}
    assert found["accuracy"] == metrics.accuracy_score(y_true, y_pred)
    assert found["precision"] == metrics.precision_score(y_true, y_pred, **quiet)
    assert found["recall"] == metrics.recall_score(y_true, y_pred, **quiet)
    assert found["f1"] == metrics.f1_score(y_true, y_pred, **quiet)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y_true, probability, labels=[0, 1]), rel=1e-12)
    both = len(set(y_true.tolist())) == 2
    assert found["roc_auc"] == (metrics.roc_auc_score(y_true, probability) if both else None)
    assert found["pr_auc"] == (metrics.average_precision_score(y_true, probability) if y_true.any() else None)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_only(label):
    y_true = np.full(4, label)
    found = binary_scores(y_true, y_true, np.full(4, float(label)))
    assert found["accuracy"] == 1.0
    assert found["roc_auc"] is None
    assert found["pr_auc"] == (1.0 if label else None)
    assert found["log_loss"] == pytest.approx(0, abs=1e-12)


def test_certain_and_wrong_is_a_large_but_finite_loss():
    found = binary_scores(np.array([1, 0]), np.array([0, 1]), np.array([0.0, 1.0]))
    assert found["log_loss"] == pytest.approx(36.04, abs=0.01)  # -log of float64's epsilon
    assert found["roc_auc"] == 0.0


def test_nan_and_no_rows():
    nothing = dict.fromkeys(METRICS)
    assert binary_scores(np.array([1, 0]), np.array([1, 0]), np.array([np.nan, 0.5])) == nothing
    assert binary_scores(np.empty(0), np.empty(0), np.empty(0)) == nothing
    assert multiclass_scores(np.array([1, 0]), np.array([1, 0]), np.full((2, 2), np.nan)) == nothing
    assert multiclass_scores(np.empty(0, int), np.empty(0, int), np.empty((0, 3))) == nothing


def test_scores_have_no_log_loss():
    values = np.array([-2.0, 3.0])
    found = binary_scores(np.array([0, 1]), np.array([0, 1]), values, probabilities=False)
    assert found["log_loss"] is None
    assert found["roc_auc"] == 1.0


@pytest.mark.parametrize("num_classes", [2, 3, 7])
def test_multiclass_equals_scikit_learn(num_classes):
    rng = np.random.default_rng(num_classes)
    y_true = np.concatenate([np.arange(num_classes), rng.integers(0, num_classes, 60)])
    values = rng.dirichlet(np.ones(num_classes), len(y_true))
    y_pred = values.argmax(axis=1)
    found = multiclass_scores(y_true, y_pred, values)
    assert list(found) == list(METRICS)
    macro = {"average": "macro", "zero_division": 0}
    assert found["accuracy"] == metrics.accuracy_score(y_true, y_pred)
    assert found["precision"] == pytest.approx(metrics.precision_score(y_true, y_pred, **macro))
    assert found["recall"] == pytest.approx(metrics.recall_score(y_true, y_pred, **macro))
    assert found["f1"] == found["macro_f1"] == pytest.approx(metrics.f1_score(y_true, y_pred, **macro))
    assert found["weighted_f1"] == pytest.approx(metrics.f1_score(y_true, y_pred, average="weighted", zero_division=0))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y_true, values))
    if num_classes > 2:  # scikit-learn takes two columns as one class's probabilities
        assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(y_true, values, multi_class="ovr"))
        assert found["pr_auc"] == pytest.approx(metrics.average_precision_score(y_true, values))


def test_a_class_that_does_not_occur():
    y_true = np.array([0, 0, 1, 1])
    values = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1]])
    found = multiclass_scores(y_true, values.argmax(axis=1), values)
    assert found["roc_auc"] is None
    assert found["pr_auc"] is None
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(y_true, values.argmax(axis=1), average="macro"))
    assert found["log_loss"] == pytest.approx(-np.log([0.8, 0.1, 0.7, 0.6]).mean())


def test_one_row_and_more_classes_than_rows():
    found = multiclass_scores(np.array([2]), np.array([2]), np.array([[0.0, 0.0, 1.0]]))
    assert found["accuracy"] == found["macro_f1"] == 1.0
    y_true = np.arange(30) % 25
    values = np.eye(25)[y_true]
    assert multiclass_scores(y_true, y_true, values)["roc_auc"] == 1.0
