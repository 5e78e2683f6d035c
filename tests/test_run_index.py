"""Thousands of runs are listed from what was remembered of them, and no answer is stale."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from dlrun.cli import run
from dlrun.run_dir import RunDir
from dlrun.run_facts import facts_to_keep
from dlrun.run_index import FEWEST, NAME, gather_facts


def make_runs(folder: Path, count: int) -> list[RunDir]:
    """Make finished runs, all alike, as if they had been written an hour ago."""
    first = RunDir.create(folder, "a")
    first.write_text("history.csv", "epoch,loss\n1,4.0\n")
    first.write_json("metrics.json", {"test": {"rmse": 3.0}, "rows": {"test": 10}, "parameters": 7})
    first.update(state="finished", config={"fit.epochs": 5}, **facts_to_keep(first))
    content = first.run.read_bytes()
    made = [first, *(RunDir(folder / f"a-{number:03d}") for number in range(2, count + 1))]
    for one in made[1:]:
        one.path.mkdir()
        one.run.write_bytes(content)
    return made


def age(runs: list[RunDir], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock go on, so that what was just written is long ago."""
    later = time.time_ns() + 60 * 10**9
    monkeypatch.setattr("dlrun.run_index.time.time_ns", lambda: later)


def listed(folder: Path) -> dict[str, dict]:
    return {facts["name"]: facts for facts in gather_facts(folder, settings=False)}


def test_a_change_is_seen_however_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = make_runs(tmp_path, FEWEST)
    age(runs, monkeypatch)
    before = listed(tmp_path)
    assert (tmp_path / NAME).is_file()
    assert listed(tmp_path) == {name: {**facts, "config": None} for name, facts in before.items()}
    runs[3].update(tags=["good"])
    runs[4].update(state="running")
    runs[5].run.unlink()
    text = runs[6].run.read_text()
    stamp = runs[6].run.stat()
    runs[6].run.write_text(text.replace("3.0", "2.0"))  # as long as before, and dated back: the checksum is wrong now
    os.utime(runs[6].run, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    after = listed(tmp_path)
    assert after[runs[3].name]["tags"] == ["good"]
    assert after[runs[4].name]["state"] == "interrupted"
    assert runs[5].name not in after
    assert after[runs[6].name]["state"] == "damaged"
    assert after[runs[7].name]["metrics"]["test"] == {"rmse": 3.0}


def test_what_was_just_written_is_not_remembered(tmp_path: Path) -> None:
    make_runs(tmp_path, FEWEST)
    listed(tmp_path)
    assert not (tmp_path / NAME).exists()


def test_few_runs_leave_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    age(make_runs(tmp_path, 3), monkeypatch)
    assert len(listed(tmp_path)) == 3
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", "[1]", '{"a-001": 1}', '{"a-001": [[1, 2], {}]}', '{"a-001": [[1, 2, 3, 4], 5]}', "[" * 100_000],
)
def test_a_broken_file_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    age(make_runs(tmp_path, FEWEST), monkeypatch)
    (tmp_path / NAME).write_text(broken)
    assert listed(tmp_path)["a-001"]["epochs"] == 1
    assert len(json.loads((tmp_path / NAME).read_text())) == FEWEST


def test_false_facts_do_not_break_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    age(make_runs(tmp_path, FEWEST), monkeypatch)
    listed(tmp_path)
    known = json.loads((tmp_path / NAME).read_text())
    known["a-002"][1] = {"state": "finished", "metrics": {"test": {"rmse": "much"}}}
    known["a-003"][1]["best"] = 7
    known["a-004"][1]["config"] = {"fit.epochs": "many"}
    (tmp_path / NAME).write_text(json.dumps(known))
    found = listed(tmp_path)
    assert found["a-002"]["metrics"]["test"] == {"rmse": 3.0}
    assert found["a-003"]["best"]["value"] == 4.0
    assert found["a-004"]["config"] is None


def test_settings_are_always_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    age(make_runs(tmp_path, FEWEST), monkeypatch)
    listed(tmp_path)
    for condition in ("fit.epochs=5", "epochs=1", "metrics.rmse=3"):
        assert run(["ls", condition, "-n", "2", "--runs-dir", str(tmp_path)]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 3
    assert run(["ls", "--json", "--runs-dir", str(tmp_path)]) == 0
    assert {one["config"]["fit.epochs"] for one in json.loads(capsys.readouterr().out)} == {5}
