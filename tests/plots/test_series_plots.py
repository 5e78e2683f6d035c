"""Plots of forecasts: made-up runs with windows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlrun.plots import forecast, horizon_error, residual_panel
from dlrun.plots.forecasts import broken_at_gaps, forecasts_of

pytestmark = pytest.mark.usefixtures("style")


def table(count: int, horizon: int = 1, series: tuple[str, ...] = (), target: str = "기온") -> pd.DataFrame:
    generator = np.random.default_rng(0)
    frames = []
    for name in series or ("",):
        for part, start in (("train", 0), ("test", count)):
            label = start + np.arange(count)[:, None] + np.arange(horizon)
            actual = np.sin(label / 5) * 10
            columns = {
                "row": label.ravel(),
                "part": part,
                "time": (np.datetime64("2020-01-01") + label).ravel(),
                **({"series": name} if name else {}),
                **({"step": np.tile(np.arange(1, horizon + 1), count)} if horizon > 1 else {}),
                target: actual.ravel(),
                f"{target}_predicted": (actual + generator.normal(size=actual.shape)).ravel(),
            }
            frames.append(pd.DataFrame(columns))
    return pd.concat(frames).sort_values("part", kind="stable", ascending=False)


def metrics(horizon: int = 1, value: float = 2.0) -> dict[str, object]:
    scores = {
        "mae": value,
        "rmse": value,
        **({f"mae.{n}": value * n for n in range(1, horizon + 1)} if horizon > 1 else {}),
    }
    return {"test": scores, "baseline": {"test": {"last_value": {k: 2 * v for k, v in scores.items()}}}}


def test_forecasts_by_example_and_step(make_run):
    run = make_run("a-001", predictions=table(30, 4), metrics=metrics(4))
    (found,) = forecasts_of(run, "기온", "test")
    assert found.actual.shape == (30, 4)
    assert found.times[2].tolist() == found.times[0].tolist()[2:] + found.times[2].tolist()[2:]
    assert found.times.dtype.kind == "M"


def test_the_forecast_stands_after_the_training_values(make_run, texts):
    run = make_run("a-001", predictions=table(30), metrics=metrics())
    figure = forecast.draw([run])["기온"]
    assert "Test rows; MAE 2" in texts(figure)
    before, actual, predicted = figure.axes[0].lines
    assert max(before.get_xdata()) < min(actual.get_xdata())
    assert list(predicted.get_xdata()) == list(actual.get_xdata())
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["before", "actual", "forecast"]


def test_forecasts_of_several_steps_do_not_overlap(make_run, texts):
    run = make_run("a-001", predictions=table(30, 10), metrics=metrics(10))
    figure = forecast.draw([run])["기온"]
    lines = figure.axes[0].lines[2:]
    assert len(lines) == 3 and all(len(line.get_xdata()) == 10 for line in lines)
    assert "each line looks 10 steps ahead" in texts(figure)


def test_series_have_panels_and_several_runs_colours(make_run, texts):
    runs = [make_run(f"a-00{n}", predictions=table(30, series=tuple("가나다라마")), metrics=metrics()) for n in (1, 2)]
    figure = forecast.draw(runs)["기온"]
    assert len(figure.axes) == 4
    assert "4 of 5 series" in texts(figure)


def test_the_error_grows_with_the_steps(make_run, texts):
    run = make_run("a-001", predictions=table(30, 3), metrics=metrics(3))
    assert horizon_error.applies(run)
    figure = horizon_error.draw([run])["기온"]
    naive, network = figure.axes[0].lines
    assert list(network.get_ydata()) == [2.0, 4.0, 6.0]
    assert list(naive.get_ydata()) == [4.0, 8.0, 12.0]
    assert "Test rows" in texts(figure)


def test_one_step_ahead_has_no_error_by_step(make_run):
    assert not horizon_error.applies(make_run("a-001", predictions=table(30), metrics=metrics()))


def test_the_residuals_are_read(make_run, texts):
    figure = residual_panel.draw([make_run("a-001", predictions=table(60), metrics=metrics())])["기온"]
    assert "no dependence on those before can be seen" in texts(figure)
    assert len(figure.axes) == 4


def test_tables_without_windows_have_none(make_run):
    run = make_run.regression("a-001", "y")
    assert not forecast.applies(run) and not residual_panel.applies(run) and not horizon_error.applies(run)


def test_residuals_of_several_series_are_read_one_by_one(make_run, texts):
    run = make_run("a-001", predictions=table(60, series=tuple("가나다")), metrics=metrics())
    figure = residual_panel.draw([run])["기온"]
    assert "residuals depend on those before in 0 of 3 series, no more than by chance" in texts(figure)
    assert "Autocorrelation, mean of 3 series" in texts(figure)


def test_no_line_is_drawn_across_a_gap():
    times = np.array([0, 1, 2, 6, 7], dtype=float)
    x, y = broken_at_gaps(times, np.arange(5))
    assert x.tolist() == [0, 1, 2, 2, 6, 7]
    assert np.isnan(y[3]) and y[[0, 1, 2, 4, 5]].tolist() == [0, 1, 2, 3, 4]
    months = np.array(["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30"], dtype="datetime64[ns]")
    assert broken_at_gaps(months, np.arange(4))[0].tolist() == months.tolist()


def test_what_came_is_drawn_as_far_as_the_forecasts(make_run):
    run = make_run("a-001", predictions=table(500, 10), metrics=metrics(10))
    _, actual, *predicted = forecast.draw([run])["기온"].axes[0].lines
    assert max(actual.get_xdata()) >= max(predicted[-1].get_xdata())
