from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import classification_report, confusion_matrix

from dlrun.evaluation.classification import multiclass_scores
from dlrun.evaluation.reports import class_report, class_reports

LABELS = ["비응급", "응급", "소생"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
def test_equals_scikit_learns_report(pairs):
    y_true, y_pred = np.array(pairs).T
    found = class_report(y_true, y_pred, LABELS)
    expected = classification_report(
        y_true, y_pred, labels=[0, 1, 2], target_names=LABELS, output_dict=True, zero_division=0
    )
    for row in found["classes"]:
        theirs = expected[row["label"]]
        assert row["precision"] == theirs["precision"]
        assert row["recall"] == theirs["recall"]
        assert row["f1"] == theirs["f1-score"]
        assert row["support"] == theirs["support"]
    assert found["weighted_avg"]["f1"] == pytest.approx(expected["weighted avg"]["f1-score"])
    assert found["confusion_matrix"] == confusion_matrix(y_true, y_pred, labels=[0, 1, 2]).tolist()
    occurring = classification_report(y_true, y_pred, output_dict=True, zero_division=0)
    assert found["macro_avg"]["f1"] == pytest.approx(occurring["macro avg"]["f1-score"])
    assert found["macro_avg"]["f1"] == pytest.approx(multiclass_scores(y_true, y_pred, np.eye(3)[y_pred])["macro_f1"])
    assert found["accuracy"] == pytest.approx(np.mean(y_true == y_pred))


def test_rows_are_true_labels_and_columns_predicted_ones():
    found = class_report(np.array([0, 0, 1]), np.array([1, 0, 1]), ["a", "b"])
    assert found["confusion_matrix"] == [[1, 1], [0, 1]]
    assert found["labels"] == ["a", "b"]


def test_no_rows():
    found = class_report(np.empty(0, int), np.empty(0, int), ["a", "b"])
    assert found["accuracy"] is None
    assert found["confusion_matrix"] == [[0, 0], [0, 0]]
    assert found["macro_avg"]["support"] == 0


def test_it_is_json_with_korean_labels():
    found = class_report(np.array([0, 1, 2]), np.array([0, 1, 1]), LABELS)
    assert json.loads(json.dumps(found)) == found


def test_one_report_for_each_binary_target(make_head):
    head = make_head("binary_crossentropy", "warm", "wet")
    y_true = np.array([[1, 0], [0, 1]])
    y_pred = np.array([[0.9, 0.4], [0.4, 0.1]])
    classes = {"warm": ["no", "yes"], "wet": [0, 1]}
    found = class_reports(head, y_true, y_pred, classes=classes, threshold=0.35)
    assert found["warm"]["confusion_matrix"] == [[0, 1], [0, 1]]
    assert found["wet"]["confusion_matrix"] == [[0, 1], [1, 0]]
    assert [row["label"] for row in found["wet"]["classes"]] == [0, 1]


def test_a_multiclass_report_and_none_for_numbers(make_head):
    values = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])
    found = class_reports(make_head("categorical_crossentropy"), np.eye(3)[[0, 1]], values, classes={"y": LABELS})
    assert found["y"]["confusion_matrix"] == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert class_reports(make_head("mse"), np.zeros(2), np.zeros(2), classes={}) == {}
