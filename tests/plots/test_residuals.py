from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlrun.plots.residuals import applies, draw

pytestmark = pytest.mark.usefixtures("style")


def test_residuals_are_actual_minus_predicted(make_run, texts):
    frame = pd.DataFrame({"row": range(3), "part": "test", "y": [1.0, 2.0, 3.0], "y_predicted": [2.0, 2.5, 3.0]})
    figure = draw([make_run("a-001", predictions=frame)])["y"]
    left, right = figure.axes
    assert np.asarray(left.collections[0].get_offsets()).tolist() == [[2.0, -1.0], [2.5, -0.5], [3.0, 0.0]]
    assert "Test rows; mean residual: test −0.5" in texts(figure)
    assert set(right.lines[0].get_ydata()) == {-0.5}
    assert {text.get_text() for text in right.get_legend().get_texts()} == {"test"}


def test_parts_of_different_sizes_are_compared_by_shares(make_run, texts):
    figure = draw([make_run.regression("a-001", "주택 가격")])["주택 가격"]
    assert "actual − predicted 주택 가격" in texts(figure)
    filled = figure.axes[1].patches[-1].get_path().vertices[:, 0]
    assert 0 < filled.max() <= 100


def test_several_runs_and_their_means(make_run, texts):
    runs = [make_run.regression(f"boston-00{i}", noise=i, seed=i) for i in (1, 2, 3)]
    figure = draw(runs)["medv"]
    assert "mean residual: boston-001" in texts(figure)
    assert len(figure.axes[1].lines) == 3


def test_a_perfect_model(make_run, texts):
    frame = pd.DataFrame({"row": range(3), "part": "test", "y": [1.0, 2.0, 3.0], "y_predicted": [1.0, 2.0, 3.0]})
    texts(draw([make_run("a-001", predictions=frame)])["y"])


def test_classes_have_none(make_run):
    assert not applies(make_run.classes("a-001", "y", ["a", "b"]))
