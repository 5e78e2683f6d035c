from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlrun.errors import RunError
from dlrun.plots import results

FRAME = pd.DataFrame(
    {
        "row": [3, 0, 1, 2],
        "part": ["train", "test", "test", "test"],
        "time": ["2019-01-01"] * 4,
        "y": ["None", "NA", "01", None],
        "y_predicted": ["NA", "NA", "None", "01"],
        "y_probability_01": [0.1, 0.2, 0.3, 0.9],
        "y_probability_NA": [0.6, 0.7, 0.2, 0.05],
        "y_probability_None": [0.3, 0.1, 0.5, 0.05],
    }
)


def test_labels_stay_text_and_keep_their_order(make_run):
    run = make_run("a-001", predictions=FRAME)
    assert results.class_targets(run) == ["y"]
    assert results.number_targets(run) == []
    found = results.classes_of(run, "y", "test")
    assert found.labels == ["01", "NA", "None"]
    assert found.actual.tolist() == [1, 0]  # the row without a label is left out
    assert found.predicted.tolist() == [1, 2]
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.2, 0.7, 0.1], [0.3, 0.2, 0.5]]


def test_numbers_without_a_prediction_are_left_out(make_run):
    frame = pd.DataFrame({"row": [0, 1, 2], "part": "test", "y": [1.0, np.nan, 3.0], "y_predicted": [2.0, 5.0, np.nan]})
    run = make_run("a-001", predictions=frame)
    found = results.numbers_of(run, "y", "test")
    assert (found.actual.tolist(), found.predicted.tolist()) == ([1.0], [2.0])


@pytest.mark.parametrize("scores", [{"accuracy": 0.5, "macro_f1": 0.4}, {"y.accuracy": 0.5, "y.macro_f1": 0.4}])
def test_classes_without_probabilities_are_told_by_their_scores(make_run, scores):
    frame = pd.DataFrame({"row": [0, 1], "part": "test", "y": [0, 1], "y_predicted": [1, 1]})
    run = make_run("a-001", predictions=frame, metrics={"test": scores})
    found = results.classes_of(run, "y", "test")
    assert found.labels == ["0", "1"]
    assert found.actual.tolist() == [0, 1]
    assert found.probabilities is None


def test_a_regression_with_a_metric_called_accuracy_stays_one(make_run):
    frame = pd.DataFrame({"row": [0, 1], "part": "test", "y": [0, 1], "y_predicted": [1, 1]})
    run = make_run("a-001", predictions=frame, metrics={"test": {"rmse": 1.0, "accuracy": 0.5}})
    assert results.number_targets(run) == ["y"]


def test_parts_in_their_order(make_run):
    frame = pd.DataFrame({"row": range(3), "part": ["validation", "train", "test"], "y": 1.0, "y_predicted": 1.0})
    run = make_run("a-001", predictions=frame)
    assert results.parts_of(run) == ["train", "validation", "test"]
    assert results.judged_part(run) == "test"


def test_history_without_its_infinities(make_run):
    run = make_run("a-001", {"loss": [1.0, np.inf, np.nan], "val_loss": [2.0, np.nan, 1.0]})
    found = results.load_history(run)
    assert found is not None
    assert found.index.tolist() == [1, 2, 3]
    assert found["loss"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize("text", ["", "epoch,loss\n"])
def test_no_epoch_yet(make_run, text):
    run = make_run("a-001")
    assert results.load_history(run) is None
    run.history.write_text(text)
    assert results.load_history(run) is None


@pytest.mark.parametrize("text", ["what,is\n1,2\n", "epoch,loss\n1,2\n1,2,3\n", b"\xff\xfe\x00"])
def test_a_damaged_history_is_said_so(make_run, text):
    run = make_run("a-001")
    run.history.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RunError, match=r"history\.csv is damaged"):
        results.load_history(run)


def test_damaged_predictions_are_said_so(make_run):
    run = make_run("a-001")
    run.predictions.write_text("row,part,y,y_predicted\n0,test,1.0,abc\n")
    with pytest.raises(RunError, match=r"predictions\.csv is damaged"):
        results.parts_of(run)


def test_new_predictions_are_read_anew(make_run):
    run = make_run("a-001", predictions=FRAME)
    assert results.parts_of(run) == ["train", "test"]
    FRAME.assign(part="validation", y_predicted="01").to_csv(run.predictions, index=False)
    assert results.parts_of(run) == ["validation"]


@pytest.mark.parametrize(
    ("yaml", "scaled"),
    [
        ("name: a\nlayers: []\n", False),
        ("name: a\npreprocessing: {target: {}}\n", False),
        ("name: a\npreprocessing: {target: {'': [min_max]}}\n", True),
        ("name: a\npreprocessing: {target: standard}\n", True),
    ],
)
def test_a_scaled_target(make_run, yaml, scaled):
    run = make_run("a-001")
    assert not results.has_scaled_target(run)
    run.resolved.write_text(yaml)
    assert results.has_scaled_target(run) is scaled
