"""Seals, and files of a folder that somebody else made."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from dlrun.errors import RunError
from dlrun.files import open_solid
from dlrun.run_dir import RunDir
from dlrun.training.arrays import _size
from dlrun.training.checkpoint import Checkpoint, DamagedError, read_checkpoint, write_checkpoint


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir.create(tmp_path / "runs", "a")
    run.write_text("history.csv", "epoch,loss\n1,0.5\n")
    run.write_json("metrics.json", {"test": {"loss": 0.5}})
    run.seal("history.csv", "metrics.json")
    return run


def test_whatever_was_sealed_is_checked_when_it_is_read(run: RunDir) -> None:
    assert run.damaged() == []
    run.history.write_text("epoch,loss\n1,0.6\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"history\.csv was damaged or changed"):
        run.read_text("history.csv")
    run.metrics.unlink()
    assert run.damaged() == ["history.csv", "metrics.json"]


def test_writing_takes_the_seal_off(run: RunDir) -> None:
    run.write_text("history.csv", "epoch,loss\n")
    assert run.read_text("history.csv") == "epoch,loss\n"
    assert run.damaged() == []


def test_a_run_that_trains_on_opens_its_results(run: RunDir) -> None:
    run.update(state="running")
    with run.history.open("a", encoding="utf-8") as file:
        file.write("2,0.4\n")
    assert run.read_text("history.csv").endswith("2,0.4\n")


@pytest.mark.parametrize("bit", range(8))
def test_a_changed_record_is_found_out(run: RunDir, bit: int) -> None:
    whole = run.run.read_bytes()
    record = run.record
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 1 << bit
        run.run.write_bytes(changed)
        with contextlib.suppress(RunError):
            found = run.record  # a changed space, or name of the checksum itself, leaves everything as it was
            assert {name: found.get(name) for name in record} == record


def test_the_record_has_no_secrets(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/kim")
    run.update(reason="no file /home/kim/a.csv, see https://kim:pass@example.org")
    assert json.loads(run.run.read_text("utf-8"))["reason"] == "no file ~/a.csv, see https://example.org"


def test_pipes_and_folders_are_no_files(run: RunDir) -> None:
    os.mkfifo(run.data)
    run.preprocessing.mkdir()
    for path in (run.data, run.preprocessing):
        with pytest.raises(RunError, match="no ordinary file"):
            run.read_text(path)
        with pytest.raises(RunError):
            run.verify(path)
    with pytest.raises(RunError, match="is not a run folder"):
        pipe = run.path.parent / "b-001"
        pipe.mkdir()
        os.mkfifo(pipe / "run.json")
        RunDir.find("b-001", run.path.parent)


def test_nothing_is_read_or_written_behind_a_link(run: RunDir, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    run.plots.symlink_to(outside)
    for act in (lambda: run.write_text("plots/a.png", "x"), lambda: run.read_text("plots/a.png")):
        with pytest.raises(RunError, match="is a link"):
            act()
    assert list(outside.iterdir()) == []
    with pytest.raises(RunError, match="holds links"):
        RunDir.find(run.path, Path())


def test_what_is_too_large_is_not_read(run: RunDir) -> None:
    with pytest.raises(RunError, match="too large"):
        run.read_text("metrics.json", largest=10)


@pytest.mark.parametrize("which", ["http://example.org/run", "a" * 300, "a\0b", "..", "file:///etc"])
def test_names_that_are_no_run(run: RunDir, which: str) -> None:
    with pytest.raises(RunError):
        RunDir.find(which, run.path.parent)


def test_what_is_left_out_of_the_list_is_told(run: RunDir) -> None:
    runs = run.path.parent
    (runs / "link-001").symlink_to(run.path)
    (runs / "empty-002").mkdir()
    (runs / "notes").mkdir()
    assert [found.name for found in RunDir.list(runs)] == ["a-001"]
    assert RunDir.left_out(runs) == ["empty-002", "link-001"]


def test_a_huge_file_of_holes_is_not_read(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes no room in an archive or on the disk, and minutes to read."""
    digest = hashlib.file_digest

    def checked(file: BinaryIO, name: str) -> object:
        assert os.fstat(file.fileno()).st_size < 2**30, "it is read"
        return digest(file, name)

    monkeypatch.setattr("dlrun.files.hashlib.file_digest", checked)
    os.truncate(run.history, 2**36)
    assert run.damaged() == ["history.csv"]
    for read in (run.read_text, run.verify, run.open):
        with pytest.raises(RunError, match=r"history\.csv (cannot be read: it is huge, and mostly holes|was damaged)"):
            read("history.csv")
    with run.path.joinpath("large").open("wb") as file:
        file.write(b"x" * 2**27)
        file.truncate(2**30 + 1)
    with open_solid(run.path / "large") as opened:
        assert opened.read(1) == b"x"


def test_holes_stand_for_no_network(run: RunDir) -> None:
    run.write_bytes(run.arrays, b"x")
    os.truncate(run.arrays, 2**36)
    assert _size(run.arrays) == 0
    checkpoint = write_checkpoint(run.resume, Checkpoint({}, {}))
    os.truncate(checkpoint / "arrays.bin", 2**36)
    with pytest.raises(DamagedError, match="mostly holes"):
        read_checkpoint(checkpoint)
