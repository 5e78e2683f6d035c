from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor

from dlrun.evaluation.baselines import learn_baselines, score_baselines


def test_mean_and_median_are_those_of_the_training_rows(make_head):
    head = make_head("mse", "a", "b")
    y_train = np.array([[1.0, 10.0], [2.0, np.nan], [9.0, 30.0]])
    naive = learn_baselines([head], {"": y_train}, {})
    assert naive == {"a": {"mean": 4.0, "median": 2.0}, "b": {"mean": 20.0, "median": 20.0}}
    found = score_baselines(head, naive, np.array([[3.0, 20.0], [5.0, 22.0]]))
    assert found["mean"]["a"]["rmse"] == 1.0
    assert found["median"]["a"]["mae"] == 2.0
    assert found["mean"]["b"]["mae"] == 1.0


def test_regression_equals_scikit_learns_dummies(make_head):
    rng = np.random.default_rng(0)
    y_train, y_test = rng.gamma(2, 3, (50, 1)), rng.gamma(2, 3, (20, 1))
    head = make_head("mae")
    found = score_baselines(head, learn_baselines([head], {"": y_train}, {}), y_test)
    for name in ("mean", "median"):
        dummy = DummyRegressor(strategy=name).fit(y_train, y_train).predict(y_test)
        assert found[name]["y"]["rmse"] == pytest.approx(metrics.root_mean_squared_error(y_test, dummy))
        assert found[name]["y"]["r2"] == pytest.approx(metrics.r2_score(y_test, dummy))


@pytest.mark.parametrize(("loss", "num_classes"), [("binary_crossentropy", 2), ("categorical_crossentropy", 4)])
def test_majority_equals_scikit_learns_dummy(make_head, loss, num_classes):
    rng = np.random.default_rng(1)
    y_train = rng.choice(num_classes, 80, p=np.arange(1, num_classes + 1) / sum(range(1, num_classes + 1)))
    y_test = np.concatenate([np.arange(num_classes), rng.integers(0, num_classes, 30)])
    head = make_head(loss)
    naive = learn_baselines([head], {"": y_train}, {"y": list(range(num_classes))})
    found = score_baselines(head, naive, y_test)["majority"]["y"]
    dummy = DummyClassifier(strategy="prior").fit(y_train, y_train)
    labels, probabilities = dummy.predict(y_test), dummy.predict_proba(y_test)
    assert found["accuracy"] == metrics.accuracy_score(y_test, labels)
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(y_test, labels, average="macro", zero_division=0))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y_test, probabilities))
    assert found["roc_auc"] == 0.5


def test_the_threshold_does_not_make_a_rare_class_the_majority(make_head):
    head = make_head("binary_crossentropy")
    naive = learn_baselines([head], {"": np.array([[0], [0], [1]], np.float32)}, {})
    assert naive == {"y": {"counts": [2, 1]}}
    assert score_baselines(head, naive, np.array([[0], [1]]))["majority"]["y"]["recall"] == 0.0


def test_a_class_that_no_training_row_has_is_counted_as_none(make_head):
    head = make_head("sparse_categorical_crossentropy")
    assert learn_baselines([head], {"": np.array([0, 1, 1])}, {"y": ["a", "b", "c"]}) == {"y": {"counts": [1, 2, 0]}}


def test_what_is_learned_is_json(make_head):
    heads = [make_head("mse", "price", output="price"), make_head("binary_crossentropy", "sold", output="sold")]
    y_train = {"price": np.array([[1.0], [2.0]], np.float32), "sold": np.array([[1], [0]], np.float32)}
    naive = learn_baselines(heads, y_train, {"sold": ["no", "yes"]})
    assert json.loads(json.dumps(naive)) == naive


def test_without_training_labels_there_is_nothing_to_score(make_head):
    head = make_head("mse")
    naive = learn_baselines([head], {"": np.empty((0, 1))}, {})
    assert score_baselines(head, naive, np.array([[1.0]]))["mean"]["y"]["rmse"] is None
