from __future__ import annotations

import pandas as pd
import pytest

from dlrun.plots.confusion_matrix import applies, draw

pytestmark = pytest.mark.usefixtures("style")
LABELS = ["비응급", "응급", "소생"]


def frame(actual, predicted, part="test"):
    return pd.DataFrame({"row": range(len(actual)), "part": part, "등급": actual, "등급_predicted": predicted}).assign(
        **{f"등급_probability_{label}": 1 / 3 for label in LABELS}
    )


def test_counts_and_row_percentages_with_korean_labels(make_run, texts):
    run = make_run("a-001", predictions=frame(["응급"] * 4 + ["소생"], ["응급", "응급", "응급", "소생", "소생"]))
    figure = draw([run])["등급"]
    axes = figure.axes[0]
    words = texts(figure)
    assert "Confusion matrix of 등급" in words
    assert "5 test rows, accuracy 0.8; percentages are of each true class" in words
    assert [tick.get_text() for tick in axes.get_yticklabels()] == LABELS
    assert sorted(text.get_text() for text in axes.texts if round(text.get_position()[1]) == 1) == [
        "0", "1", "25 %", "3", "75 %",
    ]  # fmt: skip
    assert axes.images[0].get_array().tolist() == [[0, 0, 0], [0, 0.75, 0.25], [0, 0, 1]]


def test_the_validation_part_where_there_is_no_test(make_run, texts):
    both = pd.concat([frame(["응급"], ["응급"], "train"), frame(["소생"] * 3, ["소생"] * 3, "validation")])
    assert "3 validation rows" in texts(draw([make_run("a-001", predictions=both)])["등급"])


@pytest.mark.parametrize(("count", "written"), [(2, True), (10, True), (26, True), (45, False)])
def test_many_classes_stay_readable(make_run, texts, count, written):
    figure = draw([make_run.classes("a-001", "class", [f"클래스 {i}" for i in range(count)], 3.0)])["class"]
    texts(figure)
    assert bool(figure.axes[0].texts) is written
    assert len(figure.axes[0].get_xticklabels()) <= 40
    assert max(figure.get_size_inches()) < 12


def test_several_runs_side_by_side(make_run, texts):
    runs = [make_run.classes(f"iris-00{i}", "Species", ["setosa", "versicolor", "virginica"], i) for i in (1, 2, 3)]
    figure = draw(runs)["Species"]
    assert [axes.get_title("left").split("   ")[0] for axes in figure.axes] == ["iris-001", "iris-002", "iris-003"]
    texts(figure)


def test_a_regression_has_none(make_run):
    run = make_run.regression()
    assert not applies(run)
    assert draw([run]) == {}
