from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dlrun.cli import run

SMALL = """
data: {source: "SOURCE", target: y}
layers: [{Dense: 1}]
compile: {optimizer: sgd, loss: mse}
fit: {epochs: 2}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    rows = "".join(f"{n},{2 * n}\n" for n in range(20))
    (tmp_path / "rows.csv").write_text("x,y\n" + rows)
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("SOURCE", "rows.csv"))
    return path


def test_a_training_tells_how_it_went(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    assert run(["train", str(config), "--runs-dir", str(runs)]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert re.search(r"^epoch 1/2 .*loss [\d.,]+$", shown.out, re.MULTILINE)
    assert re.search(r"^ *train +mean +median", shown.out, re.MULTILINE)
    assert "the mean of the training targets" in shown.out
    assert str(runs / "small-001") in shown.out
    assert "\x1b" not in shown.out


def test_json_is_the_only_output(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    assert run(["train", str(config), "--runs-dir", str(runs), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["run"] == str(runs / "small-001")
    assert document["rows"] == {"train": 20}
    assert document["parameters"] == 2
    assert document["train"]["rmse"] > 0


def test_name_seed_and_overrides(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    options = ["--name", "other", "--seed", "7", "--runs-dir", str(runs), "-q"]
    assert run(["train", str(config), "fit.epochs=1", *options]) == 0
    assert capsys.readouterr().out == f"{runs / 'other-001'}\n"
    resolved = (runs / "other-001/resolved.yaml").read_text("utf-8")
    assert "name: other" in resolved and "seed: 7" in resolved and "epochs: 1" in resolved


def test_mistakes_of_all_kinds_are_told_at_once(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SMALL.replace("SOURCE", "rows.csv").replace("target: y", "target: z").replace("Dense", "Dens")
    config.write_text(text.replace("epochs", "epoch"))
    assert run(["train", str(config), "--runs-dir", str(tmp_path / "runs")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 3
    assert lines[0] == f"{config}:2:36: data.target: no column 'z' in rows.csv. There are: x, y."
    assert "unknown layer 'Dens'. Did you mean 'Dense'?" in lines[1]
    assert any("fit.epoch: unknown key. Did you mean 'epochs'?" in line for line in lines)
    assert not (tmp_path / "runs").exists()


def test_a_file_that_is_not_there_is_an_error_of_the_data(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(SMALL.replace("SOURCE", "row.csv"))
    assert run(["train", str(config), "--runs-dir", str(tmp_path / "runs")]) == 3
    assert "row.csv" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_loss_that_explodes_exits_5(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # An epoch is one batch here. Weights of about 1e14 give a loss of 1e30, their next step one beyond float32's 3e38.
    arguments = ["compile.optimizer={SGD: {learning_rate: 1e12}}", "fit.epochs=5", "--runs-dir", str(tmp_path / "runs")]
    assert run(["train", str(config), *arguments]) == 5
    why, kept = capsys.readouterr().err.splitlines()
    assert why.startswith("loss became infinite in epoch 3")
    assert kept.startswith("the weights after epoch 1, the last good ones, are kept.")


def test_weights_that_never_gave_a_finite_loss_are_not_kept_as_good(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["compile.optimizer={SGD: {learning_rate: 1e30}}", "fit.epochs=5", "--runs-dir", str(tmp_path / "runs")]
    assert run(["train", str(config), *arguments]) == 5
    (why,) = capsys.readouterr().err.splitlines()
    assert why.startswith("loss became infinite in epoch 2")
