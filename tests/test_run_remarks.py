"""`tag` and `rm`."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from dlrun.cli import run as dlrun
from dlrun.lock import locked
from dlrun.run_dir import RunDir


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    found = RunDir.create(tmp_path, "done")
    found.update(state="finished")
    return found


def test_tags_and_a_note(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--runs-dir", str(run.path.parent)]
    assert dlrun(["tag", "done", "good", "base", "good", *where]) == 0
    assert dlrun(["tag", "done", "~good", "new", "-m", "a \x1b[2J note", *where]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "a [2J note"
    assert dlrun(["tag", "done", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "name": "done-001",
        "tags": ["base", "new"],
        "note": "a \x1b[2J note",
    }
    assert dlrun(["ls", "tags=base", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out)[0]["tags"] == ["base", "new"]


def test_what_is_no_tag(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    assert dlrun(["tag", "done", "two words", "--runs-dir", str(run.path.parent)]) == 2
    assert "'two words' cannot be a tag" in capsys.readouterr().err
    assert "tags" not in run.record


def test_a_run_that_is_written_is_left_alone(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--runs-dir", str(run.path.parent)]
    with locked(run.path):
        assert dlrun(["tag", "done", "x", *where]) == 4
        assert dlrun(["rm", "done-001", "--yes", *where]) == 4
    assert run.path.is_dir() and "tags" not in run.record


def test_deletion_asks_and_deletes(
    run: RunDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--runs-dir", str(run.path.parent)]
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert dlrun(["rm", "done-001", *where]) == 0
    assert run.path.is_dir() and capsys.readouterr().out.endswith("nothing was deleted\n")
    monkeypatch.undo()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert dlrun(["rm", "done-001", *where]) == 2
    assert run.path.is_dir() and "nobody answers" in capsys.readouterr().err
    monkeypatch.undo()
    assert dlrun(["rm", "done-001", "--yes", *where]) == 0
    assert list(run.path.parent.iterdir()) == []


def test_a_name_without_its_number_is_not_deleted(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    assert dlrun(["rm", "done", "--yes", "--runs-dir", str(run.path.parent)]) == 2
    assert "'done' is no run's full name. Did you mean 'done-001'?" in capsys.readouterr().err
    assert run.path.is_dir()


def test_links_in_a_run_are_not_followed(run: RunDir, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (run.path / "plots").mkdir()
    (run.path / "plots" / "link").symlink_to(outside)
    assert dlrun(["rm", "done-001", "--yes", "--runs-dir", str(tmp_path)]) == 0
    assert (outside / "kept").exists() and not run.path.exists()
