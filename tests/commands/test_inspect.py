from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli import run

ROOT = Path(__file__).parents[2]


def test_a_series_is_told_and_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(ROOT / "configs/temperature_rnn.yaml")
    assert run(["inspect", config, "~evaluate", "-o", str(tmp_path / "look")]) == 0
    told = capsys.readouterr().out
    assert "A season of 53 rows (found in the values" in told
    assert "Both tests call it stationary" in told
    assert (tmp_path / "look/AvgTemp.png").read_bytes().startswith(b"\x89PNG")
    assert run(["inspect", config, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["examples"] == {"train": 208, "test": 53}
    assert document["series"][0]["season"] == 53


def test_a_table_is_no_series(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(ROOT / "configs/iris_8_3.yaml")]) == 2
    assert "there is no window" in capsys.readouterr().err
