"""Evaluation in depth of networks whose answers are known, and against scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import permutation_importance

from dlrun.config import load_config
from dlrun.errors import ConfigError
from dlrun.training.depth.evaluate import InDepth, evaluate_in_depth
from dlrun.training.depth.files import write_depth
from dlrun.training.depth.importance import TargetImportance
from dlrun.training.depth.wishes import Wishes
from dlrun.training.evaluate import evaluate_answers
from dlrun.training.run import Run
from dlrun.training.train import train

NUMBERS = """\
name: price
seed: 1
data: {source: price.csv, target: price, features: [size, kind, age, noise], split: {test: 60, validation: 60}}
preprocessing: {numeric: standard, target: standard}
layers: [{Dense: {units: 1, name: out}}]
compile: {optimizer: {Adam: {learning_rate: 0.1}}, loss: mse}
fit: {epochs: 12, batch_size: 32}
"""
SERIES = """\
name: tide
data: {source: tide.csv, target: y, features: [y, wind], split: {test: 40, validation: 40}}
preprocessing: {numeric: standard, target: standard, window: {length: 4, horizon: 2}}
layers: [Flatten, {Dense: 2}]
compile: {optimizer: {Adam: {learning_rate: 0.05}}, loss: mse}
fit: {epochs: 3, batch_size: 32}
"""


def prices() -> pd.DataFrame:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({
        "size": random.normal(50, 10, 300), "kind": random.choice(["flat", "house", "=cmd()"], 300),
        "age": random.normal(30, 8, 300), "noise": random.normal(size=300), "town": random.choice(["A", "B"], 300),
    })  # fmt: skip
    frame["price"] = 4 * frame["size"] + 60 * (frame["kind"] == "house") - 2 * frame["age"] + random.normal(0, 5, 300)
    return frame


def run_of(folder: Path, frame: pd.DataFrame, config: str, name: str) -> Run:
    frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "config.yaml").write_text(config)
    return train(load_config(folder / "config.yaml"), runs_dir=folder / "runs")


@pytest.fixture(scope="module")
def price(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_of(tmp_path_factory.mktemp("price"), prices(), NUMBERS, "price")


@pytest.fixture(scope="module")
def tide(tmp_path_factory: pytest.TempPathFactory) -> Run:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"y": random.normal(size=220).cumsum(), "wind": random.normal(size=220)})
    return run_of(tmp_path_factory.mktemp("tide"), frame, SERIES, "tide")


def look(run: Run, **wishes: Any) -> InDepth:
    return evaluate_in_depth(run, *evaluate_answers(run), Wishes(**wishes), lambda done, total, column: None)


def by_column(found: TargetImportance) -> dict[str, float]:
    return {one.column: one.mean for one in found.columns}


def test_importances_are_scikit_learns(price: Run) -> None:
    class Network(RegressorMixin, BaseEstimator):
        def fit(self, x: pd.DataFrame, y: Any) -> Network:
            return self

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, x: pd.DataFrame) -> Any:
            return price.predict(x)["price_predicted"].to_numpy()

    repeats = 120
    (found,) = look(price, importance=True, repeats=repeats).importances
    test = pd.read_csv(price.dir.predictions)
    rows = prices().iloc[test.loc[test["part"] == "test", "row"]]
    names = ["size", "kind", "age", "noise"]
    theirs = permutation_importance(
        Network(), rows[names], rows["price"], scoring="neg_root_mean_squared_error", n_repeats=repeats, random_state=0
    )
    assert (found.rows, found.repeats, found.metric) == (60, repeats, "rmse")
    ours = {one.column: one for one in found.columns}
    for name, mean, std in zip(names, theirs["importances_mean"], theirs["importances_std"], strict=True):
        noise = np.hypot(std, ours[name].std) / np.sqrt(repeats)
        assert ours[name].mean == pytest.approx(mean, abs=4 * noise), name
        # each of the two is off by 1 / sqrt(2 (repeats - 1)), 6.5 %; so 0.4 is four times what their quotient is off by
        assert ours[name].std == pytest.approx(std, rel=0.4, abs=1e-3), name
    assert sorted(ours) == sorted(names)  # what one_hot made of the kinds is one column
    assert [one.column for one in found.columns][:2] == ["size", "kind"]


def test_a_column_that_the_network_ignores_is_exactly_nothing(price: Run) -> None:
    kernel, bias = price.model.get_layer("out").get_weights()
    ignoring = kernel.copy()
    ignoring[-1] = 0  # noise, the last of size, the kinds, age
    price.model.get_layer("out").set_weights([ignoring, bias])
    try:
        (found,) = look(price, importance=True, repeats=3).importances
    finally:
        price.model.get_layer("out").set_weights([kernel, bias])
    (noise,) = (one for one in found.columns if one.column == "noise")
    assert noise.drops == (0.0, 0.0, 0.0) and not noise.is_needed
    assert all(one.mean > 0 for one in found.columns if one.column != "noise")


def test_fewer_rows_are_drawn_where_there_are_many(price: Run) -> None:
    (found,) = look(price, importance=True, repeats=2, most_rows=25).importances
    assert (found.rows, found.all_rows) == (25, 60)
    told: list[tuple[int, int, str]] = []
    evaluate_in_depth(
        price, *evaluate_answers(price), Wishes(importance=True, repeats=2), lambda *done: told.append(done)
    )
    assert told[0] == (0, 8, "shuffling size") and told[-1][:2] == (8, 8) and len(told) == 9


def test_whole_windows_of_a_series_are_shuffled(tide: Run) -> None:
    saved = tide.model.get_weights()
    kernel = saved[0].copy()
    kernel[1::2] = 0  # the wind, in each of the four rows of a window
    tide.model.set_weights([kernel, *saved[1:]])
    try:
        evaluation, scored = evaluate_answers(tide)
        found = evaluate_in_depth(tide, evaluation, scored, Wishes(importance=True, repeats=3), lambda *done: None)
    finally:
        tide.model.set_weights(saved)
    (importance,) = found.importances
    columns = by_column(importance)
    assert columns["wind"] == 0.0 and columns["y"] > 1.0
    assert importance.base == pytest.approx(evaluation.scores["test"]["rmse"], rel=1e-5)
    assert importance.windows and importance.all_rows == len(scored.rows["test"])


def test_a_single_input_column_is_told(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": np.sin(np.arange(150.0)), "wind": 0.0})
    one = run_of(tmp_path, frame, SERIES.replace("[y, wind]", "[y]"), "tide")
    with pytest.raises(ConfigError, match="has one input column, 'y'"):
        look(one, importance=True)


def test_the_worst_rows_are_those_with_the_largest_residuals(price: Run) -> None:
    (worst,) = look(price, worst=5).worst
    saved = pd.read_csv(price.dir.predictions).query("part == 'test'")
    residuals = saved["price"] - saved["price_predicted"]
    order = residuals.abs().sort_values(ascending=False).index[:5]
    assert worst.frame["row"].tolist() == saved.loc[order, "row"].tolist()
    assert worst.frame["residual"].to_numpy() == pytest.approx(residuals[order].to_numpy(), rel=1e-4)
    assert worst.frame["line"].tolist() == [row + 2 for row in worst.frame["row"]]  # below the header, from 1
    assert worst.inputs == ["size", "kind", "age", "noise"]
    table = prices().iloc[worst.frame["row"]]
    assert worst.frame["size"].to_numpy() == pytest.approx(table["size"].to_numpy())
    assert worst.share == pytest.approx((residuals[order] ** 2).sum() / (residuals**2).sum(), rel=1e-3)


@pytest.mark.parametrize("name", ["line", "residual"])
def test_a_target_may_be_called_as_a_column_of_the_worst_rows(tmp_path: Path, name: str) -> None:
    frame = prices().rename(columns={"price": name, "noise": "row"})
    config = NUMBERS.replace("target: price", f"target: {name}", 1).replace("noise", "row")
    run = run_of(tmp_path, frame, config, "price")
    (worst,) = look(run, worst=4).worst
    assert worst.frame[name].to_numpy() == pytest.approx(frame[name].iloc[worst.frame["row"]].to_numpy(), rel=1e-5)
    error = (worst.frame[name] - worst.frame[f"{name}_predicted"]).to_numpy()
    assert worst.frame["residual (error)" if name == "residual" else "residual"].to_numpy() == pytest.approx(error)
    lines = worst.frame["line (of the file)" if name == "line" else "line"]
    assert lines.tolist() == [row + 2 for row in worst.frame["row"]]
    assert worst.inputs == ["size", "kind", "age", "row (input)"]


def test_the_worst_forecasts_of_a_series(tide: Run) -> None:
    (worst,) = look(tide, worst=3).worst
    saved = pd.read_csv(tide.dir.predictions).query("part == 'test'")
    largest = (saved["y"] - saved["y_predicted"]).abs().max()
    assert abs(worst.frame["residual"].iloc[0]) == pytest.approx(largest, rel=1e-4)
    assert worst.windows and worst.inputs == ["y (input)", "wind"]
    assert set(worst.frame["step"]) <= {1, 2}


def test_groups_of_a_column_that_is_no_feature(price: Run) -> None:
    found = {one.column: one for one in look(price, by=("town", "size")).groups}
    saved = pd.read_csv(price.dir.predictions).query("part == 'test'").set_index("row")
    errors = (saved["price"] - saved["price_predicted"]) ** 2
    towns = prices().loc[saved.index, "town"]
    assert not found["town"].is_feature and found["size"].is_feature
    for group in found["town"].groups:
        own = errors[towns == group.label]
        assert (group.rows, group.score) == (len(own), pytest.approx(np.sqrt(own.mean()), rel=1e-4))
    assert sum(group.rows for group in found["size"].groups) == 60


def test_columns_whose_names_differ_in_signs_or_capitals_only_have_files_of_their_own(tmp_path: Path) -> None:
    frame = prices().assign(**{"a b": ["x", "y", "z"] * 100, "a/b": ["p", "q"] * 150, "A b": ["r", "s"] * 150})
    run = run_of(tmp_path, frame, NUMBERS, "price")
    written = write_depth(run.dir, look(run, by=("a b", "a/b", "A b")))
    tables = {file.name: set(pd.read_csv(file)["group"]) for file in written if file.suffix == ".csv"}
    assert tables == {"by-a_b.csv": {"x", "y", "z"}, "by-a_b-2.csv": {"p", "q"}, "by-A_b-3.csv": {"r", "s"}}
    assert len({str(file).lower() for file in written}) == len(written) == 9


def test_what_cannot_make_groups_is_told_all_at_once(price: Run) -> None:
    with pytest.raises(ConfigError) as told:
        look(price, by=("twon", "nothing at all"))
    assert [problem.where for problem in told.value.problems] == ["--by twon", "--by nothing at all"]
    assert "Did you mean 'town'?" in str(told.value)
    with pytest.raises(ConfigError, match="no part 'tset'"):
        look(price, worst=1, part="tset")
