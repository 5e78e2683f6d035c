from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli import run


def test_of_a_config(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", str(configs / "boston_two_inputs.yaml"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["parameters"] == document["trainable_parameters"] == 715
    rows = {row["name"]: row for row in document["rows"]}
    assert rows["hidden_house"]["parameters"] == 4 * 10 + 10
    assert rows["hidden_house"]["connected_to"] == ["house"]
    assert rows["hidden_surroundings"]["output_shape"] == [None, 20]


def test_as_a_table_with_an_override(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", str(configs / "iris_8_3.yaml"), "layers.0.Dense.units=16"]) == 0
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert any(line[1:5] == ["Dense", "(rows,", "16)", "80"] for line in lines)
    assert out.endswith("131 parameters\n")


def test_of_a_run(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "--runs-dir", str(trained)]) == 0
    assert capsys.readouterr().out.endswith("67 parameters\n")
    assert run(["summary", "boston_8_1", "--runs-dir", str(trained)]) == 0
    assert capsys.readouterr().out.endswith("113 parameters\n")
