from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from dlrun.plots.results import classes_of
from dlrun.plots.roc import applies, draw

pytestmark = pytest.mark.usefixtures("style")
KOREAN = ["비응급", "준응급", "응급", "긴급", "소생"]


def labels_of(figure):
    return [line.get_label() for line in figure.axes[0].lines]


def test_two_classes_have_a_curve_for_each_part(make_run, texts):
    run = make_run.classes("titanic-001", "Survived", ["no", "yes"], 1.0)
    figure = draw([run])["Survived"]
    expected = ["chance   AUC 0.5"]
    for part, name in (("train", "training"), ("validation", "validation"), ("test", "test")):
        found = classes_of(run, "Survived", part)
        expected.append(f"{name}   AUC {roc_auc_score(found.actual, found.probabilities[:, 1]):.3g}")
    assert labels_of(figure) == expected
    assert "Positive class: yes" in texts(figure)


def test_several_classes_each_against_the_rest(make_run, texts):
    run = make_run.classes("triage-001", "등급", KOREAN, 2.0)
    figure = draw([run])["등급"]
    found = classes_of(run, "등급", "test")
    auc = roc_auc_score(found.actual == 2, found.probabilities[:, 2])
    assert labels_of(figure)[3] == f"응급   AUC {auc:.3g}"
    assert "Test rows; each class against the rest" in texts(figure)


def test_of_many_classes_the_worst_are_named(make_run, texts):
    figure = draw([make_run.classes("many-001", "word", [f"w{i}" for i in range(20)], 2.0)])["word"]
    named = [label for label in labels_of(figure) if label.startswith("w")]
    areas = [float(label.split()[-1]) for label in named]
    assert len(named) == 5
    assert areas == sorted(areas)
    assert "15 other classes" in texts(figure)


def test_several_runs_have_a_curve_each(make_run, texts):
    runs = [make_run.classes(f"iris-00{i}", "Species", ["a", "b", "c"], i, seed=i) for i in (1, 2, 3)]
    figure = draw(runs)["Species"]
    found = classes_of(runs[0], "Species", "test")
    auc = roc_auc_score(np.eye(3)[found.actual].ravel(), found.probabilities.ravel())
    assert labels_of(figure)[1] == f"iris-001   AUC {auc:.3g}"
    assert len(labels_of(figure)) == 4
    assert "Test rows; all classes pooled" in texts(figure)


def test_a_curve_of_many_rows_is_thinned(make_run):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 20_000)
    p = np.clip(0.3 * truth + rng.random(20_000) * 0.7, 0, 1)
    frame = pd.DataFrame({"row": range(20_000), "part": "test", "y": truth, "y_predicted": (p > 0.5).astype(int)})
    run = make_run("a-001", predictions=frame.assign(y_probability_0=1 - p, y_probability_1=p))
    curve = draw([run])["y"].axes[0].lines[1].get_xydata()
    assert len(curve) <= 500
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [1, 1]


def test_one_class_only_has_no_curve(make_run):
    frame = pd.DataFrame({"row": [0, 1], "part": "test", "y": [1, 1], "y_predicted": [1, 1]})
    run = make_run("a-001", predictions=frame.assign(y_probability_0=0.1, y_probability_1=0.9))
    assert not applies(run)
    assert draw([run]) == {}


def test_numbers_and_hinge_scores_have_no_curve(make_run):
    frame = pd.DataFrame({"row": [0, 1], "part": "test", "y": [0, 1], "y_predicted": [0, 1]})
    hinge = make_run("a-001", predictions=frame, metrics={"test": {"accuracy": 1.0, "macro_f1": 1.0}})
    assert draw([hinge, make_run.regression()]) == {}
