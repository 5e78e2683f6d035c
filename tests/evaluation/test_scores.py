from __future__ import annotations

import numpy as np
import pytest

from dlrun.catalog import keras_names
from dlrun.evaluation import classification, regression
from dlrun.evaluation.scores import explain_missing, flat_names, is_higher_better, score
from dlrun.evaluation.threshold import COST, THRESHOLD_METRICS


def test_regression_with_several_targets(make_head):
    y_true = np.array([[1.0, 10.0], [3.0, 30.0]])
    found = score(make_head("mse", "Y1", "Y2"), y_true, y_true + np.array([1.0, 5.0]))
    assert found["Y1"]["rmse"] == 1.0
    assert found["Y2"]["rmse"] == 5.0
    flat = flat_names(found, several=True)
    assert list(flat) == [f"{target}.{metric}" for target in ("Y1", "Y2") for metric in ("rmse", "mae", "mape", "r2")]


def test_a_single_target_needs_no_second_axis(make_head):
    found = score(make_head("mae"), np.array([1.0, 2.0]), np.array([[2.0], [3.0]]))
    assert flat_names(found, several=False)["mae"] == 1.0


def test_several_binary_labels_in_one_head(make_head):
    y_true = np.array([[1, 0], [0, 0], [1, 1]], np.float32)
    y_pred = np.array([[0.9, 0.2], [0.2, 0.6], [0.8, 0.9]])
    found = score(make_head("binary_crossentropy", "warm", "wet"), y_true, y_pred)
    assert found["warm"]["accuracy"] == 1.0
    assert found["wet"]["accuracy"] == pytest.approx(2 / 3)


def test_the_threshold_moves_the_labels_but_not_the_ranking(make_head):
    head, y_true, y_pred = make_head("binary_crossentropy"), np.array([1, 0, 1]), np.array([0.4, 0.1, 0.9])
    low, high = (score(head, y_true, y_pred, threshold=t)["y"] for t in (0.3, 0.5))
    assert (low["recall"], high["recall"]) == (1.0, 0.5)
    assert low["roc_auc"] == high["roc_auc"] == 1.0


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_multiclass_takes_indices_and_one_hot_rows(make_head, loss):
    values = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.1, 0.8, 0.1]])
    indices = np.array([0, 2, 2])
    y_true = np.eye(3)[indices] if loss.startswith("categorical") else indices
    assert score(make_head(loss), y_true, values)["y"]["accuracy"] == pytest.approx(2 / 3)


def test_categorical_hinge_has_a_ranking_but_no_log_loss(make_head):
    values = np.array([[5.0, -1.0, -2.0], [-3.0, 0.5, 0.0], [0.0, -1.0, 2.0]])
    found = score(make_head("categorical_hinge"), np.eye(3), values)["y"]
    assert found["accuracy"] == found["roc_auc"] == 1.0
    assert found["log_loss"] is None


def test_why_a_score_is_missing():
    assert explain_missing({"rmse": 1.0, "mape": None, "r2": None, "top_k": None}) == {
        "mape": "MAPE is not defined: the target holds zeros",
        "r2": "R2 is not defined: the true values are all equal",
    }
    assert explain_missing({"Y.2.rmse": 1.0, "Y.2.mape": None}) == {
        "Y.2.mape": "MAPE is not defined: the target holds zeros"
    }
    assert explain_missing({"accuracy": 0.5, "roc_auc": None})["roc_auc"].endswith("does not occur in these rows")
    assert "hinge" in explain_missing({"accuracy": 0.5, "log_loss": None})["log_loss"]


def test_where_nothing_could_be_scored_nothing_is_said_of_zeros():
    found = explain_missing({"a.rmse": None, "a.mape": None, "b.rmse": 1.0, "b.mape": None})
    assert set(found) == {"a.rmse", "a.mape", "b.mape"}
    assert "zeros" not in found["a.mape"]
    assert "zeros" in found["b.mape"]


def test_which_scores_are_the_better_the_higher():
    own = {*classification.METRICS, *THRESHOLD_METRICS, *regression.METRICS, COST, "loss", "smape", "mase", "rmsse"}
    errors = {"rmse", "mae", "mape", "log_loss", COST, "loss", "smape", "mase", "rmsse"}
    assert {name for name in own if not is_higher_better(name)} == errors
    assert {name for name in keras_names("metrics") if is_higher_better(name)} == {
        "accuracy", "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy",
        "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "AUC", "Precision", "Recall",
        "PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity",
        "TruePositives", "TrueNegatives", "F1Score", "FBetaScore", "R2Score", "CosineSimilarity",
        "PearsonCorrelation", "ConcordanceCorrelation", "IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU",
    }  # fmt: skip
    snake = ("auc_1", "acc", "r2_score", "f1_score", "true_positives", "mean_io_u", "price.r2", "r2.3", "price.r2.12")
    assert all(map(is_higher_better, snake))
    assert not any(map(is_higher_better, ("recall_loss", "price.rmse", "rmse.2", "f1_mae", "false_positives_2")))
