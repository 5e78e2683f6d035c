from __future__ import annotations

import numpy as np
import pytest

from dlrun.plots.learning_curves import applies, best_epoch, curve_names, draw
from dlrun.plots.results import load_history

pytestmark = pytest.mark.usefixtures("style")


def panels(figure):
    return {axes.get_title("left"): axes for axes in figure.axes}


def lines_of(axes):
    return {line.get_label(): line.get_xydata() for line in axes.lines if not line.get_label().startswith("_")}


def test_the_best_epoch_is_marked_with_its_values(make_run, texts):
    history = {
        "loss": [1.0, 0.8, 0.6, 0.4],
        "val_loss": [1.1, 0.7, 0.9, 1.3],
        "accuracy": [0.5, 0.6, 0.7, 0.8],
        "val_accuracy": [0.5, 0.55, 0.65, 0.6],
    }
    figure = draw([make_run("iris-001", history)])[""]
    assert "Lowest validation loss 0.7 at epoch 2 of 4" in texts(figure)
    loss, accuracy = panels(figure)["loss"], panels(figure)["accuracy"]
    assert lines_of(loss)["validation   0.7"].tolist() == [[1, 1.1], [2, 0.7], [3, 0.9], [4, 1.3]]
    assert lines_of(accuracy)["training   0.6"][:, 1].tolist() == [0.5, 0.6, 0.7, 0.8]
    (dot,) = [line.get_xydata().tolist() for line in accuracy.lines if line.get_marker() == "o"]
    assert dot == [[2, 0.55]]


def test_without_validation_the_training_loss_decides(make_run, texts):
    figure = draw([make_run("a-001", {"loss": [3.0, 1.0, 2.0]})])[""]
    assert "Lowest training loss 1 at epoch 2 of 3" in texts(figure)
    assert "validation" not in texts(figure)


def test_a_scaled_target_is_told(make_run, texts):
    run = make_run("a-001", {"loss": [3.0, 1.0]})
    run.resolved.write_text("preprocessing: {target: standard}\n")
    words = " ".join(texts(draw([run])[""]).split())  # however its lines are cut
    assert "in units of the scaled target" in words


def test_epochs_without_validation_leave_no_gap(make_run):
    figure = draw([make_run("a-001", {"loss": [3.0, 2.0, 1.0], "val_loss": [np.nan, 2.0, np.nan]})])[""]
    assert lines_of(figure.axes[0])["validation   2"].tolist() == [[2, 2.0]]


@pytest.mark.parametrize(("values", "scale"), [([1000.0, 9.0], "log"), ([1.0, 0.2], "linear"), ([1e3, 0.0], "linear")])
def test_a_log_scale_where_values_span_decades(make_run, values, scale):
    assert draw([make_run("a-001", {"loss": values})])[""].axes[0].get_yscale() == scale


def test_a_run_that_diverged_at_once(make_run, texts):
    figure = draw([make_run("a-001", {"loss": [np.nan, np.nan], "val_loss": [np.inf, np.nan]})])[""]
    assert "Learning curves of a-001" in texts(figure)
    assert "Lowest" not in texts(figure)


def test_one_epoch_has_whole_ticks(make_run, texts):
    figure = draw([make_run("a-001", {"loss": [0.5]})])[""]
    texts(figure)
    low, high = figure.axes[0].get_xlim()
    assert [tick for tick in figure.axes[0].get_xticks() if low <= tick <= high] == [1]


def test_several_runs_over_each_other(make_run, texts):
    runs = [make_run(f"비교-{index:03d}", {"loss": [1.0, 0.5], "val_loss": [1.0, 0.5 + index]}) for index in (1, 2, 3)]
    figure = draw(runs)[""]
    found = lines_of(figure.axes[0])
    assert list(found) == ["비교-001   1", "비교-002   1", "비교-003   1"]
    assert len([line for line in figure.axes[0].lines if line.is_dashed()]) == 3
    assert "비교-001, 비교-002, 비교-003" in texts(figure)


def test_runs_of_two_folders_with_one_name(make_run, texts):
    first = make_run("one/a-001", {"loss": [1.0, 0.5]})
    figure = draw([first, make_run("two/a-001", {"loss": [1.0, 0.4]}), make_run("three/a-001", {"loss": [1.0, 0.3]})])[
        ""
    ]
    assert list(lines_of(figure.axes[0])) == ["a-001   0.5", "a-001 (2)   0.4", "a-001 (3)   0.3"]
    texts(figure)


def test_runs_with_other_metrics_share_what_they_have(make_run, texts):
    runs = [make_run("a-001", {"loss": [1.0, 0.5], "mae": [2.0, 1.0]}), make_run("b-001", {"loss": [1.0, 0.4]})]
    figure = draw(runs)[""]
    assert {name: len(lines_of(axes)) for name, axes in panels(figure).items()} == {"loss": 2, "mae": 1}
    texts(figure)


def test_what_has_a_panel():
    columns = ["learning_rate", "price_mae", "loss", "val_loss", "val_price_mae", "seconds"]
    assert curve_names(columns) == ["loss", "price_mae", "learning_rate"]


def test_no_epoch_no_plot(make_run):
    run = make_run("a-001")
    assert not applies(run)
    assert draw([run]) == {}


def test_the_first_of_equal_epochs_is_best(make_run):
    history = load_history(make_run("a-001", {"loss": [2.0, 1.0, 1.0]}))
    assert history is not None
    assert best_epoch(history) == 2
