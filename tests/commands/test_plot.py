from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli import run


def test_a_runs_plots_are_listed_and_there(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plot", "--runs-dir", str(trained)]) == 0
    files = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {file.parent for file in files} == {trained / "iris_8_3-001/plots"}
    assert {"learning_curves.png", "learning_curves.svg", "confusion_matrix.png"} <= {file.name for file in files}
    assert all(file.stat().st_size > 1000 for file in files)


def test_several_runs_in_one_picture(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plot", "iris_8_3", "boston_8_1", "--runs-dir", str(trained), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert str(trained / "iris_8_3-001/plots/learning_curves-vs-boston_8_1-001.png") in files
