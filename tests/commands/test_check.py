from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli import run


def test_a_good_config(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configs / "titanic.yaml"
    assert run(["check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: no problem found\n"
    assert run(["check", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"config": str(path), "problems": [], "notes": []}


def test_every_problem_at_once(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configs / "iris_8_3.yaml"
    wrong = ["data.target=specie", "compile.optimzer=adam", "layers.0={Dens: 8}", "fit.epochs=many"]
    assert run(["check", str(path), *wrong]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    told = sorted(shown.err.splitlines())
    assert len(told) == 4
    assert "Did you mean 'optimizer'?" in told[0]
    assert "no column 'specie'" in told[1] and "Did you mean 'Species'?" in told[1]
    assert "fit.epochs: expected a whole number" in told[2]
    assert "Did you mean 'Dense'?" in told[3]


def test_a_type_that_is_replaced_takes_its_arguments_with_it_and_that_is_said(
    configs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = "note: compile.optimizer: SGD replaces Adam, whose arguments are dropped: learning_rate."
    arguments = [str(configs / "iris_8_3.yaml"), "compile.optimizer=SGD"]
    assert run(["check", *arguments]) == 0
    assert capsys.readouterr().out.startswith(told)
    assert run(["config", "show", *arguments]) == 0
    shown = capsys.readouterr()
    assert shown.err.startswith(told)
    assert "optimizer: SGD" in shown.out


def test_it_reads_the_first_lines_of_the_data_only(
    configs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (configs / "data/iris.csv").read_bytes()
    broken = b"no row, and no utf-8: \xb1\n"
    (tmp_path / "long.csv").write_bytes(rows * 40 + broken)
    arguments = ["check", str(configs / "iris_8_3.yaml")]
    assert run([*arguments, f"data.source={tmp_path / 'long.csv'}"]) == 0
    assert run([*arguments, f"data.source={tmp_path / 'long.csv'}", "data.target=specie"]) == 2
    assert "no column 'specie'" in capsys.readouterr().err


def test_build_fits_one_batch(
    configs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["check", str(configs / "iris_8_3.yaml"), "--build"]) == 0
    out = capsys.readouterr().out
    assert "rows: train 84, validation 21, test 45" in out
    assert "parameters: 67" in out
    assert "first batch: loss" in out
    assert list(tmp_path.iterdir()) == []


def test_build_finds_what_only_the_data_tell(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", str(configs / "iris_8_3.yaml"), "layers.1.Dense.units=2"]
    assert run([*arguments, "--build"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "layers[1]" in line and "2" in line and "3" in line


def test_features_that_add_up_to_the_target_are_told(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", str(configs / "bike_sharing.yaml")]
    leak = "data.features=[cnt, casual, registered, temp]"
    assert run([*arguments, leak, "data.prepare=[]", "data.time=dteday", "data.split.time=dteday"]) == 0
    told, end = capsys.readouterr().out.splitlines()
    assert told.startswith("note: Careful: 'casual' + 'registered' adds up to the target 'cnt'")
    assert end.endswith("no problem found")
    assert run(arguments) == 0
    assert "Careful" not in capsys.readouterr().out
