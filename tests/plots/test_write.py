from __future__ import annotations

import signal
import warnings

import pytest
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from dlrun.catalog import PLOTS
from dlrun.errors import ConfigError, RunError
from dlrun.plots.write import render, write_plots


@pytest.fixture
def register(monkeypatch):
    """Register plots for one test."""
    monkeypatch.setattr(PLOTS, "_objects", dict(PLOTS._objects))
    return PLOTS.register


def names(paths):
    return [path.name for path in paths]


def test_the_plots_of_a_regression(make_run):
    run = make_run.regression()
    written = write_plots(run)
    kinds = ["learning_curves", "predicted_actual", "residuals"]
    assert names(written) == [f"{kind}.{ending}" for kind in kinds for ending in ("png", "svg")]
    assert {path.parent for path in written} == {run.plots}
    for path in written:
        start = b"\x89PNG" if path.suffix == ".png" else b"<?xml"
        assert path.read_bytes().startswith(start)
    assert sorted(path.name for path in run.plots.iterdir()) == sorted(names(written))  # nothing is left over


def test_the_plots_of_classes(make_run):
    written = write_plots(make_run.classes("titanic-001", "Survived", ["no", "yes"]), ["svg"])
    assert names(written) == ["learning_curves.svg", "confusion_matrix.svg", "roc.svg", "precision_recall.svg"]


def test_png_is_150_dots_an_inch(make_run):
    from matplotlib.image import imread

    (path,) = write_plots(make_run.regression(), ["png"], ["residuals"])
    assert imread(path).shape[:2] == (660, 1140)


def test_the_same_run_gives_the_same_bytes(make_run):
    run = make_run.regression()
    first = [path.read_bytes() for path in write_plots(run)]
    assert [path.read_bytes() for path in write_plots(run)] == first


def test_svg_holds_outlines_so_that_korean_shows_everywhere(make_run):
    (path,) = write_plots(make_run.regression(target="집값"), ["svg"], ["residuals"])
    text = path.read_text(encoding="utf-8")
    assert "<text" not in text
    assert text.count("<use") > 50


def test_labels_cannot_break_out_of_an_svg(make_run):
    (path,) = write_plots(
        make_run.classes("a-001", "--><script>alert(1)</script>", ["<b>", "&amp;"]), ["svg"], ["confusion_matrix"]
    )
    assert "<script" not in path.read_text(encoding="utf-8")


def test_several_targets_have_a_file_each_and_none_lands_elsewhere(make_run):
    import pandas as pd

    frame = pd.DataFrame({"row": range(3), "part": "test"})
    for target in ("../집값", "a b", "a/b"):
        frame = frame.assign(**{target: [1.0, 2.0, 3.0], f"{target}_predicted": [1.0, 2.0, 2.0]})
    run = make_run("a-001", predictions=frame)
    written = write_plots(run, ["png"], ["predicted_actual"])
    assert names(written) == [f"predicted_actual-{stem}.png" for stem in (".._집값", "a_b", "a_b-2")]
    assert {path.parent for path in written} == {run.plots}


def test_runs_over_each_other(make_run):
    runs = [make_run.regression(f"boston-00{i}", noise=i, seed=i) for i in (1, 2, 3)]
    written = write_plots(runs, ["png"])
    assert names(written) == [
        f"{kind}-vs-boston-002-boston-003.png" for kind in ("learning_curves", "predicted_actual", "residuals")
    ]
    assert written[0].parent == runs[0].plots


def test_a_run_without_anything(make_run):
    assert write_plots(make_run("a-001")) == []


def test_a_plot_that_does_not_apply_is_an_error_only_if_asked_for(make_run):
    with pytest.raises(RunError, match="plot 'roc' has nothing to show for boston-001"):
        write_plots(make_run.regression(), names=["roc"])


def test_unknown_names_and_formats(make_run):
    run = make_run.regression()
    with pytest.raises(ConfigError, match=r"unknown plot 'residual'. Did you mean 'residuals'\?"):
        write_plots(run, names=["residual"])
    with pytest.raises(ConfigError, match=r"unknown plot format 'gif'\. There are: png, svg\."):
        write_plots(run, ["gif"])
    assert not run.plots.exists()


def test_a_users_plot(make_run, register):
    from matplotlib.figure import Figure

    @register("한글_plot")
    def draw(runs):
        figure = Figure(figsize=(2, 2))
        figure.add_subplot().set_title(f"{runs[0].name} 가나다")
        return figure

    run = make_run.regression()
    assert names(write_plots(run, ["png"], ["한글_plot"])) == ["한글_plot.png"]
    assert "한글_plot.png" in names(write_plots(run, ["png"]))


@pytest.mark.parametrize(("result", "expected"), [(None, []), ([], []), ({}, [])])
def test_a_users_plot_with_nothing_to_show(make_run, register, result, expected):
    register("mine")(lambda runs: result)
    assert write_plots(make_run("a-001"), ["png"]) == expected


def test_a_users_plot_that_fails(make_run, register):
    @register("mine")
    def draw(runs):
        raise ZeroDivisionError("by zero")

    with pytest.raises(RunError, match="plot 'mine' failed: ZeroDivisionError: by zero"):
        write_plots(make_run.regression(), names=["mine"])


def test_a_script_without_a_font_is_drawn_as_boxes_without_warnings(make_run):
    run = make_run.classes("a-001", "y", ["ᚠᚢᚦ", "𓀀𓀁"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(write_plots(run, ["png"], ["confusion_matrix"])) == 1


def test_nothing_is_said_on_the_terminal(make_run, capfd):
    write_plots(make_run.classes("한글-001", "등급", ["비응급", "응급"]), ["png", "svg"])
    assert capfd.readouterr() == ("", "")


def test_a_signal_interrupts_no_drawing_and_is_not_lost():
    """Below its compiled code matplotlib makes a ValueError of a KeyboardInterrupt."""

    class Interrupting(Artist):
        drawn = False

        def draw(self, renderer):
            signal.raise_signal(signal.SIGINT)
            Interrupting.drawn = True

    figure = Figure()
    figure.add_artist(Interrupting())
    with pytest.raises(KeyboardInterrupt):
        render(figure, ["png"])
    assert Interrupting.drawn
