from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from dlrun.evaluation.outputs import gives_probabilities, predicted_classes, to_probabilities


def test_probabilities_stay_what_they_are(make_head):
    raw = np.array([[0.0], [0.25], [1.0]], np.float32)
    found = to_probabilities(make_head("binary_crossentropy"), raw)
    assert found.dtype == np.float64
    assert found.tolist() == raw.tolist()


def test_logits_become_probabilities_even_where_they_are_huge(make_head):
    raw = np.array([[-800.0], [-2.0], [0.0], [3.0], [800.0]])
    found = to_probabilities(make_head("BinaryCrossentropy", from_logits=True), raw)
    np.testing.assert_allclose(found, expit(raw), rtol=1e-14, atol=0)
    assert found[[0, 2, 4], 0].tolist() == [0.0, 0.5, 1.0]


def test_multiclass_logits_become_a_softmax(make_head):
    raw = np.array([[1000.0, 999.0, 0.0], [0.0, 0.0, 0.0]])
    found = to_probabilities(make_head("sparse_categorical_crossentropy", from_logits=True), raw)
    np.testing.assert_allclose(found, softmax(raw, axis=1), rtol=1e-14)


def test_rows_of_a_float32_softmax_sum_to_one_in_float64(make_head):
    raw = np.array([[0.1, 0.2, 0.7], [1 / 3, 1 / 3, 1 / 3]], np.float32)
    found = to_probabilities(make_head("categorical_crossentropy"), raw)
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-15
    np.testing.assert_allclose(found, raw, rtol=1e-6)


def test_a_row_of_zeros_is_left_alone(make_head):
    assert to_probabilities(make_head("categorical_crossentropy"), np.zeros((1, 3))).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "Hinge", "categorical_hinge", "CategoricalHinge"])
def test_a_hinge_gives_scores(make_head, loss):
    head = make_head(loss)
    raw = np.array([[-3.0, 2.0]])
    assert not gives_probabilities(head)
    assert to_probabilities(head, raw).tolist() == raw.tolist()


def test_regression_has_no_probabilities(make_head):
    assert not gives_probabilities(make_head("mse"))


def test_a_row_at_the_threshold_is_positive(make_head):
    values = np.array([[0.29], [0.3], [0.31]])
    assert predicted_classes(make_head("binary_crossentropy"), values, 0.3).tolist() == [[0], [1], [1]]


def test_hinge_scores_are_cut_at_zero_whatever_the_threshold(make_head):
    assert predicted_classes(make_head("hinge"), np.array([[-0.1], [0.1]]), 0.9).tolist() == [[0], [1]]


def test_the_most_probable_class_is_predicted(make_head):
    values = np.array([[0.2, 0.5, 0.3], [0.9, 0.1, 0.0]])
    assert predicted_classes(make_head("sparse_categorical_crossentropy"), values).tolist() == [1, 0]
