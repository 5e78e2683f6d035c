from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from dlrun.cli import run
from dlrun.config import load_config


@pytest.mark.parametrize("options", [[], ["--origin"]])
@pytest.mark.parametrize("name", ["iris_8_8_3", "pima_early_stopping", "boston_two_inputs"])
def test_what_is_shown_is_the_same_config(
    name: str, options: list[str], configs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = configs / f"{name}.yaml"
    assert run(["config", "show", str(path), "fit.epochs=5", *options]) == 0
    copy = tmp_path / "copy.yaml"
    copy.write_text(capsys.readouterr().out, encoding="utf-8")
    assert load_config(copy) == load_config(path, ["fit.epochs=5"])


def test_each_value_tells_where_it_was_written(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configs / "iris_8_8_3.yaml"
    assert run(["config", "show", str(path), "fit.epochs=5", "--origin"]) == 0
    lines = {
        tuple(line.split("  # ")[0].split()): line.split("  # ")[-1] for line in capsys.readouterr().out.splitlines()
    }
    assert lines["learning_rate:", "0.1"].startswith(f"{path}:14:")
    assert lines["loss:", "sparse_categorical_crossentropy"].startswith(f"{configs / 'iris_8_3.yaml'}:23:")
    assert lines["epochs:", "5"] == "command line: fit.epochs=5"


def test_json(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show", str(configs / "iris_8_3.yaml"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (units,) = (v for v in document["values"] if v["path"] == ["layers", 0, "Dense", "units"])
    assert units["value"] == "8"
    assert units["origin"].startswith(str(configs / "iris_8_3.yaml"))


def test_the_places_stand_below_each_other_whatever_the_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "고객.yaml"
    text = "inputs: {나이: {shape: [1]}}\nlayers: [{Dense: 1, name: 가격}, {Dense: 1, name: b}]\n"
    path.write_text(text, encoding="utf-8")
    assert run(["config", "show", str(path), "--origin"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "  # " in line]
    assert any("고객" in line for line in lines)
    assert len({cell_len(line.partition("#")[0]) for line in lines}) == 1
