from __future__ import annotations

import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from dlrun.plots.precision_recall import applies, draw
from dlrun.plots.results import classes_of

pytestmark = pytest.mark.usefixtures("style")


def test_average_precision_and_the_share_of_positives(make_run, texts):
    frame = pd.DataFrame({"row": range(5), "part": "test", "y": [0, 0, 0, 1, 1], "y_predicted": [0, 0, 1, 1, 1]})
    p = pd.Series([0.1, 0.2, 0.7, 0.6, 0.9])
    run = make_run("a-001", predictions=frame.assign(y_probability_0=1 - p, y_probability_1=p))
    figure = draw([run])["y"]
    area = (1 + 2 / 3) / 2  # precision 1 at the first positive, 2/3 at the second
    assert f"test   AP {area:.3g}" in texts(figure)
    chance = figure.axes[0].lines[0]
    assert chance.get_label() == "chance   AP 0.4"
    assert set(chance.get_ydata()) == {0.4}
    curve = figure.axes[0].lines[1].get_xydata()
    assert curve[-1].tolist() == [1.0, 0.4]
    assert curve[0].tolist() == [0.0, 1.0]


def test_classes_of_different_sizes_have_a_band_of_chance(make_run, texts):
    run = make_run.classes("triage-001", "등급", ["비응급", "준응급", "응급", "긴급", "소생"], 2.0)
    figure = draw([run])["등급"]
    found = classes_of(run, "등급", "test")
    shares = [float((found.actual == index).mean()) for index in range(5)]
    words = texts(figure)
    assert f"chance   AP {min(shares):.3g} to {max(shares):.3g}" in words
    assert f"소생   AP {average_precision_score(found.actual == 4, found.probabilities[:, 4]):.3g}" in words
    assert "Test rows; each class against the rest" in words


def test_several_runs(make_run, texts):
    runs = [make_run.classes(f"titanic-00{i}", "Survived", ["no", "yes"], i, seed=i) for i in (1, 2, 3)]
    assert "Test rows; positive class: yes" in texts(draw(runs)["Survived"])


def test_a_regression_has_none(make_run):
    assert not applies(make_run.regression())
