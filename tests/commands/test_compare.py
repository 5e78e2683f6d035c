"""`compare` and `diff`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from dlrun.cli import run
from dlrun.run_dir import RunDir

pytestmark = pytest.mark.usefixtures("without_plots")

CONFIGS = Path(__file__).parents[2] / "configs"


def make_run(folder: Path, name: str, rmse: float, *, rows: str = "same", **config: object) -> RunDir:
    made = RunDir.create(folder, name)
    made.write_text("history.csv", "epoch,loss\n1,4.0\n")
    made.write_json("metrics.json", {"test": {"loss": rmse**2, "rmse": rmse}, "rows": {"train": 80, "test": 20}})
    made.write_json("data.json", {"split": {"test": rows}, "files": []})
    made.update(state="finished", config={"fit.epochs": 5, **config})
    return made


def compared(folder: Path, capsys: pytest.CaptureFixture[str], *names: str) -> dict:
    assert run(["compare", *names, "--json", "--runs-dir", str(folder)]) == 0
    return json.loads(capsys.readouterr().out)


def test_seeds_are_compared_pair_by_pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small, wide = [4.0, 4.4, 3.9], [3.6, 4.1, 3.5]
    for seed, (a, b) in enumerate(zip(small, wide, strict=True)):
        make_run(tmp_path, "small", a, rows=f"r{seed}", seed=seed, **{"layers.0.Dense.units": 8})
        make_run(tmp_path, "wide", b, rows=f"r{seed}", seed=seed, **{"layers.0.Dense.units": 64})
    make_run(tmp_path, "wide", 1.0, seed=9, **{"layers.0.Dense.units": 99})
    make_run(tmp_path, "wide", 3.5, rows="r2", seed=2, **{"layers.0.Dense.units": 64})  # trained twice
    found = compared(tmp_path, capsys, "small", "wide")
    assert found["keys"] == ["layers.0.Dense.units"]
    assert [len(group["runs"]) for group in found["groups"]] == [3, 3]
    (difference,) = [one for one in found["differences"] if one["metric"] == "rmse"]
    expected = stats.ttest_rel(wide, small).confidence_interval()
    assert (difference["method"], difference["count"]) == ("paired", 3)
    assert (difference["low"], difference["high"]) == pytest.approx((expected.low, expected.high))
    assert difference["larger_than_noise"] is True
    assert run(["compare", "small", "wide", "--runs-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "3 pairs, each of the same seed and rows" in out
    assert "wide is better than small: its RMSE is 0.3667 lower, and that is larger than noise." in out


@pytest.mark.parametrize("metric", ["AUC", "r2.2"])
def test_more_may_be_better(metric: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, scores in (("low", (0.5, 0.52, 0.51)), ("high", (0.8, 0.83, 0.82))):
        for seed, score in enumerate(scores):
            made = make_run(tmp_path, name, 1.0, seed=seed, **{"layers.0.Dense.units": len(name)})
            made.write_json("metrics.json", {"test": {metric: score}, "rows": {"train": 80, "test": 20}})
    assert run(["compare", "low", "high", "--runs-dir", str(tmp_path)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.strip().startswith(f"{metric} ")]
    assert line.endswith("better")


def test_noise_is_told_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed, (a, b) in enumerate([(4.0, 4.3), (4.4, 4.0), (3.9, 3.8)]):
        make_run(tmp_path, "a", a, seed=seed)
        make_run(tmp_path, "b", b, seed=seed + 10)
    assert run(["compare", "a", "b", "--runs-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "that may be noise. A difference of this size takes about" in out
    assert "nothing is paired" in out


def test_other_rows_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run(tmp_path, "a", 4.0, rows="these")
    make_run(tmp_path, "b", 3.0, rows="those")
    found = compared(tmp_path, capsys, "a-001", "b-001")
    assert found["differences"] == []
    assert "different test rows: their scores cannot be compared" in found["doubts"][0]


def test_other_targets_data_and_losses_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed, value in enumerate([4.0, 4.4, 3.9]):
        make_run(tmp_path, "price", value, seed=seed, **{"data.target": "price"})
        make_run(tmp_path, "rooms", value / 9, seed=seed, **{"data.target": "rooms"})
        make_run(tmp_path, "scaled", value, seed=seed, **{"data.target": "price", "preprocessing.target": "standard"})
        own = make_run(tmp_path, "newer", value / 2, seed=seed + 5, **{"data.target": "price", "fit.epochs": 9})
        own.write_json("data.json", {"split": {"test": "x"}, "files": [{"path": "rows.csv", "sha256": "another"}]})
    found = compared(tmp_path, capsys, "price", "rooms")
    assert found["differences"] == [] and "predict other targets" in found["doubts"][0]
    found = compared(tmp_path, capsys, "price", "newer")
    assert found["differences"] == [] and "were scored on other data" in found["doubts"][0]
    found = compared(tmp_path, capsys, "price", "scaled")
    assert [one["metric"] for one in found["differences"]] == ["rmse"]
    assert "losses that are not the same thing: preprocessing.target" in found["doubts"][0]
    assert run(["compare", "price", "price", "--runs-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "their configs are the same\n" in out and "The RMSE of price and price is the same." in out


def test_of_seeds_against_a_single_run_it_says_which_run_is_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = "data: {source: rows.csv, target: y}\nlayers: [Dense: 1]\ncompile: {loss: mse}\n"
    for name, seed, error in (("seeds", 0, 0.2), ("seeds", 1, 9.0), ("single", 7, 1.0)):
        made = make_run(tmp_path, name, error, seed=seed, **{"data.target": "y"})
        rows = [f"{n},test,{n},{n + error * (1 + n % 3)}" for n in range(20)]
        made.write_text("predictions.csv", "\n".join(["row,part,y,y_predicted", *rows]))
        made.write_text("resolved.yaml", config)
    assert run(["compare", "seeds", "single", "--runs-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "their configs are the same, but for seeds and folds\n" in out
    assert "single-001 against seeds-001: 20 rows" in out
    assert "single-001 is worse than seeds-001: its RMSE is 0.8000 higher" in out


def test_a_name_stands_for_its_newest_run_with_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run(tmp_path, "a", 4.0, rows="these")
    make_run(tmp_path, "b", 3.0, rows="those")
    RunDir.create(tmp_path, "b").update(state="failed")
    RunDir.create(tmp_path, "a")
    found = compared(tmp_path, capsys, "a-001", "b")
    assert [group["name"] for group in found["groups"]] == ["a-001", "b-001"]
    assert found["doubts"][0] == "left out, having no scores: b-002 (failed)"
    assert run(["compare", "a-002", "b", "--runs-dir", str(tmp_path)]) == 4


def test_forecasts_of_other_steps_are_not_of_the_same_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run(tmp_path, "near", 3.0)
    far = make_run(tmp_path, "far", 4.0, **{"preprocessing.window.horizon": 24})
    far.write_json("metrics.json", {"test": {"loss": 16.0, "rmse": 4.0}, "rows": {"train": 80, "test": 8}})
    assert "forecast other numbers of steps: their" in compared(tmp_path, capsys, "near-001", "far-001")["doubts"][0]
    sparse = make_run(tmp_path, "sparse", 4.0, **{"preprocessing.window.stride": 24})
    sparse.write_json("metrics.json", {"test": {"loss": 16.0, "rmse": 4.0}, "rows": {"train": 80, "test": 8}})
    found = compared(tmp_path, capsys, "near-001", "sparse-001")
    assert found["differences"] == [] and "scored on different test rows: their" in found["doubts"][0]
    for name, horizon in (("one", 1), ("three", 3)):
        for seed in (1, 2, 3):
            make_run(tmp_path, name, horizon + seed / 9, seed=seed, **{"preprocessing.window.horizon": horizon})
    found = compared(tmp_path, capsys, "one", "three")
    assert [len(group["runs"]) for group in found["groups"]] == [3, 3]
    assert found["differences"] == [] and "one and three forecast other numbers of steps" in found["doubts"][0]


def test_other_labels_in_the_same_rows_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = {"own": [10, 20, 30], "log": [1.0, 1.301, 1.477], "again": [10, 20, 30]}
    for name, values in labels.items():
        for seed in (0, 1):
            steps = {} if name == "own" else {"data.prepare.0.derive.y": name}
            made = make_run(tmp_path, name, values[0] / 9, seed=seed, **{"data.target": "y", **steps})
            rows = [f"{n},test,{value},{value * 1.1}" for n, value in enumerate(values)]
            made.write_text("predictions.csv", "\n".join(["row,part,y,y_predicted", *rows]))
    why = "have other labels in the same test rows: their scores cannot be compared"
    for names in (("own", "log"), ("own-001", "log-001")):
        found = compared(tmp_path, capsys, *names)
        assert (found["differences"], found["doubts"]) == ([], [f"{' and '.join(names)} {why}"])
    assert compared(tmp_path, capsys, "own", "again")["differences"]


def test_classes_may_be_called_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = {"digits": "0110", "words": ["no", "yes", "yes", "no"], "cut": "0010"}
    for name, values in labels.items():
        steps = {} if name == "digits" else {"data.prepare.0.map.y": name}
        made = make_run(tmp_path, name, 0.5, **{"data.target": "y", **steps})
        made.write_json("metrics.json", {"test": {"macro_f1": 0.5}, "rows": {"train": 80, "test": 4}})
        header = ["row", "part", "y", "y_predicted", *(f"y_probability_{label}" for label in dict.fromkeys(values))]
        rows = [f"{n},test,{value},{value},0.5,0.5" for n, value in enumerate(values)]
        made.write_text("predictions.csv", "\n".join([",".join(header), *rows]))
    assert "other labels" in compared(tmp_path, capsys, "digits", "cut")["doubts"][0]
    layers = "layers: [Dense: {units: 1, activation: sigmoid}]"
    config = f"data: {{source: rows.csv, target: y}}\n{layers}\ncompile: {{loss: binary_crossentropy}}\n"
    for name in ("digits", "words"):
        RunDir(tmp_path / f"{name}-001").write_text("resolved.yaml", config)
    assert "other labels" not in str(compared(tmp_path, capsys, "digits", "words")["doubts"])


def test_a_hinge_loss_gives_classes_that_can_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = "nnyynnyynnyynnyynnyy"
    guesses = {"cross": truth, "hinge": "n" * len(truth)}
    scores = {"cross": {"accuracy": 1.0, "macro_f1": 1.0}, "hinge": {"accuracy": 0.5, "macro_f1": 1 / 3}}
    for name, guessed in guesses.items():
        made = make_run(tmp_path, name, 0.5, **{"data.target": "y", "compile.loss": name})
        made.write_json("metrics.json", {"test": scores[name], "rows": {"train": 80, "test": len(truth)}})
        loss, activation = ("binary_crossentropy", "sigmoid") if name == "cross" else ("hinge", "tanh")
        output = f"layers: [Dense: {{units: 1, activation: {activation}}}]\ncompile: {{loss: {loss}}}\n"
        made.write_text("resolved.yaml", f"data: {{source: rows.csv, target: y}}\n{output}")
        some = ",y_probability_n,y_probability_y" if name == "cross" else ""
        rows = [
            f"{n},test,{a},{b}{',0.5,0.5' if some else ''}" for n, (a, b) in enumerate(zip(truth, guessed, strict=True))
        ]
        made.write_text("predictions.csv", "\n".join([f"row,part,y,y_predicted{some}", *rows]))
    found = compared(tmp_path, capsys, "cross", "hinge")["differences"]
    assert {one["metric"]: one["mean"] for one in found} == pytest.approx({"accuracy": -0.5, "macro_f1": -2 / 3})
    assert all(one["larger_than_noise"] for one in found)


@pytest.mark.parametrize(("loss", "metric"), [("mse", "rmse"), ("binary_crossentropy", "accuracy")])
def test_rows_of_a_series_are_drawn_in_blocks(
    loss: str, metric: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neighbours err alike, so that other rows may be right by far more or less often than as many single ones."""
    window = "preprocessing: {window: {length: 2}}\ncompile: {loss: " + loss + "}\n"
    layers = "layers: [Flatten, Dense: {units: 1, activation: sigmoid}]\n"
    for count in (1000, 9):
        right = np.arange(count) % 40 < 20
        for name, told in (("one", np.ones(count)), ("two", 1.0 * right)):
            made = make_run(tmp_path, f"{name}{count}", 0.5, **{"data.target": "y", "layers": name})
            scores = {metric: float(np.mean(told)) if metric == "accuracy" else float(np.sqrt(np.mean(1 - told)))}
            made.write_json("metrics.json", {"test": scores, "rows": {"train": 80, "test": count}})
            made.write_text("resolved.yaml", "data: {source: rows.csv, target: y}\n" + window + layers)
            some = ",y_probability_0,y_probability_1" if metric == "accuracy" else ""
            rows = [f"{n},test,1,{v:.0f}" + f",{1 - v},{v}" * bool(some) for n, v in enumerate(told)]
            made.write_text("predictions.csv", "\n".join([f"row,part,y,y_predicted{some}", *rows]))
    assert run(["compare", "one9", "two9", "--runs-dir", str(tmp_path)]) == 0
    assert "have no score that other test rows could be drawn for" in " ".join(capsys.readouterr().out.split())
    (found,) = compared(tmp_path, capsys, "one1000", "two1000")["differences"]
    assert found["high"] - found["low"] > 0.1


def test_a_table_that_is_too_wide_is_turned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = {f"layers.{place}.Dense.kernel_regularizer.L1L2.l1": place for place in range(9)}
    make_run(tmp_path, "a", 4.0, rows="x", **keys)
    make_run(tmp_path, "b", 3.0, rows="y")
    assert run(["compare", "a", "b", "--runs-dir", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["a-001", "b-001"]
    assert [line.split() for line in lines if line.startswith("rmse")] == [["rmse", "4.000", "3.000"]]
    assert max(map(len, lines[:14])) < 80


@pytest.mark.slow
def test_one_run_each_over_their_rows(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(CONFIGS / "boston_8_1.yaml")
    assert run(["train", config, "fit.epochs=40", "--name", "longer", "--runs-dir", str(trained), "--quiet"]) == 0
    capsys.readouterr()
    found = compared(trained, capsys, "boston_8_1-001", "longer-001")
    assert found["keys"] == ["fit.epochs"]
    (difference,) = [one for one in found["differences"] if one["metric"] == "rmse"]
    scores = [json.loads((trained / f"{n}-001/metrics.json").read_text())["test"] for n in ("boston_8_1", "longer")]
    assert difference["mean"] == pytest.approx(scores[1]["rmse"] - scores[0]["rmse"])
    assert (difference["method"], difference["count"]) == ("rows", 102)
    assert difference["low"] < difference["mean"] < difference["high"] < 0
    assert np.isfinite([difference["low"], difference["high"]]).all()
    RunDir(trained / "longer-001").path.rename(tmp_path / "gone")  # other tests count the runs


def test_what_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--runs-dir", str(tmp_path)]
    make_run(tmp_path, "a", 4.0)
    assert run(["compare", "a", *where]) == 2
    RunDir.create(tmp_path, "begun")
    assert run(["compare", "a", "begun", *where]) == 4
    assert "has no scores yet. `dlrun resume begun-001` goes on." in capsys.readouterr().err
    RunDir.create(tmp_path, "gone").update(state="diverged")
    assert run(["compare", "a", "gone", *where]) == 4
    assert "`dlrun diagnose gone-001` says why." in capsys.readouterr().err
    assert run(["compare", "a", "a", "--format", "html", *where]) == 2


def test_markdown_and_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run(tmp_path, "a", 4.0, rows="x", **{"data.target": "=1+1|x"})
    make_run(tmp_path, "b", 3.0, rows="y")
    assert run(["compare", "a", "b", "--format", "markdown", "--runs-dir", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "| --- | ---: | ---: | ---: |"
    assert lines[2] == "| a-001 | =1+1\\|x | 16.00 | 4.000 |"
    assert run(["compare", "a", "b", "--format", "csv", "--runs-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "a-001,'=1+1|x,16.0,4.0"


def test_diff_aligns_layers(capsys: pytest.CaptureFixture[str]) -> None:
    pair = [str(CONFIGS / "boston_8_1.yaml"), str(CONFIGS / "boston_8_4_1.yaml")]
    assert run(["diff", *pair, "--json"]) == 0
    name, layer = json.loads(capsys.readouterr().out)
    assert (name["key"], name["before"], name["after"]) == ("name", "boston_8_1", "boston_8_4_1")
    assert (layer["key"], layer["kind"]) == ("layers.1", "added")
    assert layer["after"] == {"Dense": {"units": 4, "activation": "relu"}}
    assert "densely" in layer["about"]
    assert run(["diff", *reversed(pair), "--json"]) == 0
    assert [change["kind"] for change in json.loads(capsys.readouterr().out)] == ["changed", "removed"]


def test_diff_knows_defaults_and_what_keys_mean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, more in {"a": "", "b": ", batch_size: 32, shuffle: false"}.items():
        (tmp_path / f"{name}.yaml").write_text(
            f"name: same\ndata: {{source: x.csv, target: y}}\nlayers: [Dense: 1]\ncompile: {{loss: mse}}\n"
            f"fit: {{epochs: 2{more}}}\n"
        )
    assert run(["diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in out[1:]] == [["fit.shuffle", "true", "false"]]
    assert out[1].endswith("another order of training rows in every epoch")
    assert run(["diff", str(tmp_path / "a.yaml"), str(tmp_path / "a.yaml")]) == 0
    assert "are the same" in capsys.readouterr().out
