from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlrun.plots.predicted_actual import applies, draw

pytestmark = pytest.mark.usefixtures("style")


def clouds(figure):
    return {cloud.get_label(): np.asarray(cloud.get_offsets()) for cloud in figure.axes[0].collections}


def test_every_part_with_its_scores(make_run, texts):
    frame = pd.DataFrame(
        {
            "row": range(4),
            "part": ["train", "test", "test", "train"],
            "집값": [1.0, 2.0, 3.0, 4.0],
            "집값_predicted": [1.5, 2.5, 2.5, 4.5],
        }
    )
    metrics = {"train": {"rmse": 0.5, "r2": 0.89}, "test": {"rmse": 0.5, "r2": None}}
    figure = draw([make_run("a-001", predictions=frame, metrics=metrics)])["집값"]
    found = clouds(figure)
    assert found["training   R² 0.89  RMSE 0.5"].tolist() == [[1.0, 1.5], [4.0, 4.5]]
    assert found["test   RMSE 0.5"].tolist() == [[2.0, 2.5], [3.0, 2.5]]
    words = texts(figure)
    assert "Predicted against actual 집값" in words
    assert "actual 집값" in words
    diagonal = figure.axes[0].lines[0].get_xydata()
    assert (diagonal[:, 0] == diagonal[:, 1]).all()


def test_one_figure_for_each_target(make_run, texts):
    frame = pd.DataFrame({"row": [0, 1], "part": "test", "Y1": [1.0, 2.0], "Y1_predicted": [1.0, 2.0]})
    frame = frame.assign(Y2=[5.0, 6.0], Y2_predicted=[5.5, 6.5])
    metrics = {"test": {"Y1.rmse": 0.0, "Y1.r2": 1.0, "Y2.rmse": 0.5, "Y2.r2": 0.0}}
    figures = draw([make_run("a-001", predictions=frame, metrics=metrics)])
    assert list(figures) == ["Y1", "Y2"]
    assert "R² 0  RMSE 0.5" in texts(figures["Y2"])


def test_of_many_rows_some_are_drawn_and_it_says_so(make_run, texts):
    rng = np.random.default_rng(0)
    y = rng.normal(size=30_000)
    frame = pd.DataFrame({"row": range(30_000), "part": "test", "y": y, "y_predicted": y})
    figure = draw([make_run("a-001", predictions=frame)])["y"]
    assert len(clouds(figure)["test"]) == 2000
    assert "Test rows; 2,000 points of each series are drawn" in texts(figure)


def test_a_constant_target_and_one_row(make_run, texts):
    frame = pd.DataFrame({"row": [0], "part": ["train"], "y": [3.0], "y_predicted": [3.0]})
    texts(draw([make_run("a-001", predictions=frame)])["y"])


def test_several_runs_by_name(make_run, texts):
    runs = [make_run.regression(f"boston-00{i}", noise=i, seed=i) for i in (1, 2, 3)]
    figure = draw(runs)["medv"]
    assert [label.split("   ")[0] for label in clouds(figure)] == ["boston-001", "boston-002", "boston-003"]
    assert "Test rows" in texts(figure)


def test_classes_have_none(make_run):
    run = make_run.classes("a-001", "y", ["a", "b"])
    assert not applies(run)
    assert draw([run]) == {}


def test_predictions_without_a_number_have_none(make_run):
    frame = pd.DataFrame({"row": [0], "part": "test", "y": [3.0], "y_predicted": [np.nan]})
    assert draw([make_run("a-001", predictions=frame)]) == {}
