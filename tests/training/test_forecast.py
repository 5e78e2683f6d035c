"""Windows, from a file to forecasts, by a network whose answers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlrun.config import load_config
from dlrun.errors import ConfigError, DataError
from dlrun.training.evaluate import evaluate
from dlrun.training.forecast import forecast
from dlrun.training.run import Run, load_run
from dlrun.training.train import train

pytestmark = pytest.mark.usefixtures("without_plots")

CONFIG = """\
name: wave
data: {{source: wave.csv, target: y, time: day, {data}split: {{test: 30, validation: 30}}}}
preprocessing: {{numeric: standard, target: standard, window: {{length: 6, {window}}}}}
layers: [Flatten, {{Dense: {units}}}]
compile: {{optimizer: {{Adam: {{learning_rate: 0.05}}}}, loss: mse}}
fit: {{epochs: 60, batch_size: 16}}
"""


def wave(rows: int = 160) -> pd.DataFrame:
    """A wave, which a linear function of its past continues exactly."""
    day = pd.date_range("2021-01-01", periods=rows, freq="D")
    return pd.DataFrame({"day": day.strftime("%Y-%m-%d"), "y": 20 + 5 * np.sin(2 * np.pi * np.arange(rows) / 11)})


def run_of(folder: Path, frame: pd.DataFrame, window: str = "", units: int = 1, data: str = "") -> Run:
    frame.to_csv(folder / "wave.csv", index=False)
    (folder / "wave.yaml").write_text(CONFIG.format(window=window, units=units, data=data))
    return train(load_config(folder / "wave.yaml"), runs_dir=folder / "runs")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_of(tmp_path_factory.mktemp("wave"), wave())


def test_rows_count_examples_and_look_back_over_the_border(trained: Run) -> None:
    assert trained.metrics["rows"] == {"train": 100 - 6, "validation": 30, "test": 30}
    predictions = pd.read_csv(trained.dir.predictions)
    assert predictions.columns.tolist() == ["row", "part", "time", "y", "y_predicted"]
    assert predictions["row"].tolist() == list(range(6, 160))
    assert predictions["time"].iloc[0] == "2021-01-07"


def test_the_naive_forecasts_are_those_of_a_plain_loop(trained: Run) -> None:
    y = wave()["y"].to_numpy()
    found = trained.metrics["baseline"]["test"]
    assert found["last_value"]["mae"] == pytest.approx(np.abs(np.diff(y))[-30:].mean())
    assert found["last_season"]["mae"] == pytest.approx(np.abs(y[7:] - y[:-7])[-30:].mean())
    assert found["linear"]["mae"] < 1e-3
    assert trained.metrics["test"]["mase"] == pytest.approx(
        trained.metrics["test"]["mae"] / np.abs(np.diff(y[6:100])).mean()
    )


def test_constant_forecasts_have_the_scores_of_forecasts_too(trained: Run) -> None:
    y = wave()["y"].to_numpy()
    found = trained.metrics["baseline"]["test"]["mean"]
    mae = np.abs(y[-30:] - y[6:100].mean()).mean()
    assert found["mae"] == pytest.approx(mae)
    assert found["mase"] == pytest.approx(mae / np.abs(np.diff(y[6:100])).mean())


def test_evaluation_reads_the_residuals(trained: Run) -> None:
    (sentence,) = [s for s in evaluate(trained).verdict if s.startswith("Residuals on the test rows: mean")]
    predictions = pd.read_csv(trained.dir.predictions).query("part == 'test'")
    left = predictions["y"] - predictions["y_predicted"]
    assert f"spread {left.std(ddof=0):.3g}" in sentence and "Ljung-Box over 6 lags" in sentence


def test_a_season_that_nothing_tells_is_found_in_the_training_rows(tmp_path: Path) -> None:
    """Rows without a clock: the wave of 11 rows is found, and is the forecast last_season."""
    frame = wave()
    frame.loc[100:, "y"] = np.arange(60.0)  # what the other parts hold is not looked at
    frame.to_csv(tmp_path / "wave.csv", index=False)
    text = CONFIG.format(window="", units=1, data="features: [y], ").replace("time: day, ", "").replace("60,", "1,")
    (tmp_path / "wave.yaml").write_text(text)
    run = train(load_config(tmp_path / "wave.yaml"), runs_dir=tmp_path / "runs")
    assert run.metrics["baseline"]["train"]["last_season"]["mae"] == pytest.approx(0, abs=1e-9)
    assert run.metrics["baseline"]["test"]["last_season"]["mae"] == pytest.approx(11)
    again = evaluate(load_run(run.dir.path), frame.drop(columns="day"))
    assert again.baselines["new"]["last_season"]["mae"] is not None


def test_a_forecast_goes_on_where_the_data_ends(trained: Run) -> None:
    found = forecast(trained, steps=12)
    assert found.frame["time"].tolist() == list(pd.date_range("2021-06-10", periods=12, freq="D"))
    truth = 20 + 5 * np.sin(2 * np.pi * np.arange(160, 172) / 11)
    assert found.frame["y_predicted"].to_numpy() == pytest.approx(truth, abs=2.0)
    assert (found.frame["y_low"] <= found.frame["y_high"]).all()
    assert found.notes == [
        "The intervals hold 90 % of the validation residuals at the same distance.",
        "From step 2 on, forecasts are made from forecasts, for the network looks 1 step ahead.",
    ]


def test_intervals_are_quantiles_of_the_validation_residuals(trained: Run) -> None:
    predictions = pd.read_csv(trained.dir.predictions).query("part == 'validation'")
    expected = np.quantile(predictions["y"] - predictions["y_predicted"], [0.05, 0.95])
    (row,) = forecast(trained).frame.to_dict("records")
    assert [row["y_low"] - row["y_predicted"], row["y_high"] - row["y_predicted"]] == pytest.approx(expected, abs=1e-5)
    with pytest.raises(ConfigError, match=r"wave-001 has no dropout .* Take --intervals residuals"):
        forecast(trained, intervals="dropout")


def test_intervals_by_dropout(tmp_path: Path) -> None:
    wave().to_csv(tmp_path / "wave.csv", index=False)
    text = CONFIG.format(window="horizon: 2", units=2, data="").replace("Flatten", "Flatten, {Dropout: 0.3}")
    (tmp_path / "wave.yaml").write_text(text.replace("60,", "5,"))
    run = train(load_config(tmp_path / "wave.yaml"), runs_dir=tmp_path / "runs")
    for steps in (2, 5):  # directly, and from its own forecasts
        found = forecast(run, steps=steps, intervals="dropout")
        assert len(found.frame) == steps
        assert (found.frame["y_low"] < found.frame["y_high"]).all()
        assert found.frame.equals(forecast(run, steps=steps, intervals="dropout").frame)
        assert found.frame["y_predicted"].equals(forecast(run, steps=steps).frame["y_predicted"])
        assert found.notes[0].startswith("The intervals hold 90 % of 100 forecasts with dropout on")
        assert found.notes[1].startswith("Of the validation values tried, ")


@pytest.mark.slow
def test_every_series_has_intervals_of_its_own(tmp_path: Path) -> None:
    frame = pd.concat(
        [wave().assign(shop=shop, y=lambda f, size=size: size * f["y"]) for shop, size in (("가", 1), ("나", 9))]
    )
    frame.to_csv(tmp_path / "wave.csv", index=False)
    text = (
        CONFIG.format(window="series: shop", units=1, data="features: [y], ").replace("30", "60").replace("60,", "3,")
    )
    (tmp_path / "wave.yaml").write_text(text)
    run = train(load_config(tmp_path / "wave.yaml"), runs_dir=tmp_path / "runs")
    predictions = pd.read_csv(run.dir.predictions).query("part == 'validation'")
    left = (predictions["y"] - predictions["y_predicted"]).groupby(predictions["series"])
    found = forecast(run).frame.set_index("series")
    for name in ("가", "나"):
        assert found.loc[name, "y_low"] - found.loc[name, "y_predicted"] == pytest.approx(left.quantile(0.05)[name])


def test_a_forecast_from_new_rows(trained: Run) -> None:
    new = wave(200).iloc[150:160]
    there = forecast(trained).frame.drop(columns=["y_low", "y_high"])
    assert forecast(trained, sources=new).frame.drop(columns=["y_low", "y_high"]).equals(there)
    with pytest.raises(DataError, match="end in 4 without a gap, and a window has 6"):
        forecast(trained, sources=new.tail(4))


def test_a_loaded_run_predicts_and_scores_as_in_training(trained: Run) -> None:
    again = load_run(trained.dir.path)
    assert evaluate(again).scores["test"]["mae"] == trained.metrics["test"]["mae"]
    predicted = again.predict(wave())
    stored = pd.read_csv(trained.dir.predictions)["y_predicted"]
    assert predicted["y_predicted"].to_numpy() == pytest.approx(stored.to_numpy(), abs=1e-5)
    assert any("skill" in sentence for sentence in evaluate(again, wave().tail(50)).verdict)


@pytest.mark.slow
def test_several_steps_series_and_holes(tmp_path: Path) -> None:
    frame = pd.concat([wave().assign(shop=shop, rain=1.0 * np.arange(160)) for shop in ("가", "나")])
    frame = frame.drop(index=frame.index[50]).sample(frac=1, random_state=0)  # a hole in both, rows in any order
    run = run_of(tmp_path, frame, "horizon: 3, series: shop", 3, "features: [y, rain], ")
    predictions = pd.read_csv(run.dir.predictions)
    assert predictions.columns.tolist() == ["row", "part", "time", "series", "step", "y", "y_predicted"]
    days = pd.to_datetime(predictions["time"]).to_numpy().reshape(-1, 3)
    assert (np.diff(days, axis=1) == np.timedelta64(1, "D")).all()
    assert not ((days > np.datetime64("2021-02-20")) & (days < np.datetime64("2021-02-26"))).any()
    per_part = predictions.groupby("row")["part"].nunique()
    assert (per_part == 1).all()
    assert [run.metrics["test"][f"mae.{n}"] for n in (1, 2, 3)] == pytest.approx(
        (predictions["y"] - predictions["y_predicted"]).abs()[predictions["part"] == "test"]
        .groupby(predictions["step"]).mean().tolist()
    )  # fmt: skip
    found = forecast(run)
    assert sorted(found.frame["series"]) == ["가", "가", "가", "나", "나", "나"]
    with pytest.raises(ConfigError, match="looks 3 steps ahead, not 4: rain would have to be known"):
        forecast(run, steps=4)


@pytest.mark.slow
def test_what_was_learned_comes_from_training_rows(tmp_path: Path) -> None:
    changed = wave()
    changed.loc[130:, "y"] = 1e6
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    runs = [run_of(folder, frame) for folder, frame in zip(folders, (wave(), changed), strict=True)]
    learned = [run.dir.preprocessing.read_text() for run in runs]
    assert learned[0] == learned[1]
    weights = [run.model.get_weights() for run in runs]
    assert all((a == b).all() for a, b in zip(*weights, strict=True))


def test_an_output_of_another_shape_is_refused_at_its_line(tmp_path: Path) -> None:
    wave().to_csv(tmp_path / "wave.csv", index=False)
    text = CONFIG.format(window="", units=1, data="").replace(
        "[Flatten, {Dense: 1}]", "[{Conv1D: {filters: 1, kernel_size: 1}}]"
    )
    (tmp_path / "wave.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"wave.yaml:4:.*the output has shape \(6, 1\).*its label is 1 step"):
        train(load_config(tmp_path / "wave.yaml"), runs_dir=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
