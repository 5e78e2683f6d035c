"""`ls` and `show`, on folders made by hand and by training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli import run
from dlrun.lock import locked
from dlrun.run_dir import RunDir


def test_ls_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ls", "--runs-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no run in {tmp_path}; start one with: dlrun train CONFIG\n"
    assert run(["ls", "--runs-dir", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_ls_shows_every_run_whatever_its_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = RunDir.create(tmp_path, "done")
    done.write_text("history.csv", "epoch,loss,val_loss\n1,4.0,3.0\n2,3.0,1.5\n3,2.0,2.0\n")
    done.write_json("metrics.json", {"train": {"rmse": 1.0}, "test": {"loss": 9.0, "rmse": 3.0}})
    done.update(state="finished")
    started = RunDir.create(tmp_path, "started")
    RunDir.create(tmp_path, "left")
    RunDir.create(tmp_path, "broken").write_text("run.json", "{")
    with locked(started.path):  # as its process does as long as it lives
        assert run(["ls", "--runs-dir", str(tmp_path)]) == 0
    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert lines["done-001"][1:7] == ["finished", "2:", "val_loss", "1.500", "rmse", "3.000"]
    assert lines["started-001"][1] == "created"
    assert lines["left-001"][1] == "interrupted"
    assert lines["broken-001"][1] == "damaged"


def test_ls_json(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ls", "--runs-dir", str(trained), "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert [first["name"], second["name"]] == ["boston_8_1-001", "iris_8_3-001"]
    assert first["state"] == "finished"
    assert first["epochs"] == 4
    assert first["metrics"]["parameters"] == 113


def test_show_has_state_scores_files_and_config(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "--runs-dir", str(trained)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{trained / 'iris_8_3-001'}\n")
    assert "finished" in out and "67" in out
    assert "(majority: a naive answer" in out
    assert "checkpoints/final.npz" in out
    assert "  - Dense: {units: 8, activation: relu}" in out


def test_show_json(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "boston_8_1", "--runs-dir", str(trained), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "boston_8_1-001"
    assert document["best"]["metric"] == "val_loss"
    assert "metrics.json" in document["files"]
    assert document["config"].startswith("# dlrun train configs/boston_8_1.yaml")
