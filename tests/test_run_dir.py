from __future__ import annotations

import errno
import json
import math
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun import files
from dlrun.errors import ConfigError, DiskError, RunError
from dlrun.lock import is_locked, locked
from dlrun.run_dir import RunDir

TWO_STARTS = """
import sys
from pathlib import Path
from dlrun.run_dir import RunDir
sys.stdin.readline()
print(*(RunDir.create(Path(sys.argv[1]), "race").name for _ in range(20)))
"""


def test_runs_are_numbered_and_kept_private(tmp_path: Path) -> None:
    first, second = (RunDir.create(tmp_path / "runs", "iris") for _ in range(2))
    assert (first.name, second.name) == ("iris-001", "iris-002")
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o700
    assert first.record["state"] == "created"


def test_the_number_goes_on_after_a_gap_and_beyond_999(tmp_path: Path) -> None:
    (tmp_path / "iris-999").mkdir()
    (tmp_path / "iris-x-5000").mkdir()
    assert RunDir.create(tmp_path, "iris").name == "iris-1000"


def test_two_processes_never_share_a_folder(tmp_path: Path) -> None:
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", TWO_STARTS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for start in starts:
        assert start.stdin is not None
        start.stdin.write("\n")
        start.stdin.flush()
    names = [name for start in starts for name in start.communicate()[0].split()]
    assert len(names) == 40
    assert sorted(names) == [f"race-{n:03d}" for n in range(1, 41)]


@pytest.mark.parametrize("name", ["중증도_카테고리", "a.b-c", "1", "Z" * 64])
def test_names_of_any_script(tmp_path: Path, name: str) -> None:
    assert RunDir.create(tmp_path, name).path.parent == tmp_path
    assert RunDir.find(name, tmp_path).name == f"{name}-001"


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "-rf", "a/b", "a\\b", "/etc", "a b", "a\0", "a\n", "Z" * 65, "a*", "\u202eabc"]
)
def test_names_that_could_do_harm_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name"):
        RunDir.create(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_decomposed_hangul_is_the_same_run(tmp_path: Path) -> None:
    RunDir.create(tmp_path, "\u1112\u1161\u11ab")
    assert RunDir.find("한", tmp_path).name == "한-001"
    assert RunDir.find("\u1112\u1161\u11ab-001", tmp_path).name == "한-001"


def test_find_by_name_path_or_nothing(tmp_path: Path) -> None:
    for name in ("b", "a", "a"):
        RunDir.create(tmp_path, name)
    assert RunDir.find(None, tmp_path).name == "a-002"
    assert RunDir.find("a", tmp_path).name == "a-002"
    assert RunDir.find("a-001", tmp_path).name == "a-001"
    assert RunDir.find(tmp_path / "b-001", Path("elsewhere")).name == "b-001"
    assert [run.name for run in RunDir.list(tmp_path)] == ["b-001", "a-001", "a-002"]


def test_a_folder_of_the_same_name_here_is_not_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "iris").mkdir()
    monkeypatch.chdir(tmp_path)
    RunDir.create(Path("runs"), "iris")
    assert RunDir.find("iris", Path("runs")).name == "iris-001"
    monkeypatch.chdir(tmp_path / "runs")
    assert RunDir.find("iris-001", Path("elsewhere")).name == "iris-001"


def test_a_missing_run_names_the_nearest(tmp_path: Path) -> None:
    RunDir.create(tmp_path, "titanic")
    with pytest.raises(RunError, match=r"no run 'titanik-001' in .*Did you mean 'titanic-001'\?"):
        RunDir.find("titanik-001", tmp_path)
    with pytest.raises(RunError, match="no run in"):
        RunDir.find(None, tmp_path / "none")


def test_links_and_other_folders_are_no_runs(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path / "elsewhere", "a")
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "a-001").symlink_to(run.path)
    (runs / "b-001").mkdir()
    assert list(RunDir.list(runs)) == []
    with pytest.raises(RunError, match="is a link"):
        RunDir.find("a-001", runs)
    with pytest.raises(RunError, match=r"no run\.json"):
        RunDir.find("b-001", runs)


def test_json_is_strict(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "a")
    run.write_json("metrics.json", {"a": math.nan, "b": [math.inf, np.float32(0.5)], 3: np.arange(2), "한": None})
    assert run.read_json("metrics.json") == {"a": None, "b": [None, 0.5], "3": [0, 1], "한": None}
    run.metrics.write_text('{"a": NaN}', encoding="utf-8")
    with pytest.raises(RunError, match="not strict JSON"):
        run.read_json("metrics.json")
    run.metrics.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(RunError, match="damaged"):
        run.read_json("metrics.json")


@settings(deadline=None, max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=10))
def test_any_value_becomes_json_that_others_read(value: object) -> None:
    json.loads(files.json_text(value), parse_constant=pytest.fail)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", "checkpoints/../../x"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    run = RunDir.create(tmp_path / "runs", "a")
    with pytest.raises(RunError, match="not inside"):
        run.write_text(name, "x")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO, errno.EFBIG])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_file_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, call: str
) -> None:
    run = RunDir.create(tmp_path, "a")
    run.write_text("config.yaml", "before")

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(files.os, call, fail)
        with pytest.raises(DiskError, match=r"cannot write .*config\.yaml"):
            run.write_text("config.yaml", "after")
    assert run.read_text("config.yaml") == "before"
    assert sorted(entry.name for entry in run.path.iterdir()) == ["config.yaml", "run.json"]


def test_disk_errors_of_others_are_told_apart() -> None:
    with pytest.raises(DiskError, match=r"cannot write model\.keras: No space"), files.disk_errors(Path("run")):
        raise OSError(errno.ENOSPC, "No space left on device", "model.keras")
    with (
        pytest.raises(DiskError, match=r"cannot write run: File too large\. Raise .*ulimit"),
        files.disk_errors(Path("run")),
    ):
        raise OSError(errno.EFBIG, "File too large")
    with pytest.raises(FileNotFoundError), files.disk_errors(Path("run")):
        raise FileNotFoundError(errno.ENOENT, "no such file")


def test_a_changed_file_is_found_out(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "a")
    run.write_text("resolved.yaml", "name: a\n")
    run.write_bytes("checkpoints/final.npz", b"\0" * 100)
    run.seal("resolved.yaml", run.arrays)
    run.verify("resolved.yaml", run.arrays)
    run.arrays.write_bytes(b"\0" * 99 + b"\1")
    with pytest.raises(RunError, match=r"final\.npz was damaged"):
        run.verify("resolved.yaml", run.arrays)
    with pytest.raises(RunError, match="damaged or changed"):
        run.verify(run.write_text("data.json", "{}"))
    with pytest.raises(RunError, match=r"no preprocessing\.json"):
        run.verify("preprocessing.json")


def test_a_linked_file_is_not_read(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "a")
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    run.resolved.symlink_to(tmp_path / "secret")
    with pytest.raises(RunError, match="cannot be read"):
        run.read_text("resolved.yaml")


def test_updates_keep_what_was_there(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "a")
    run.update(state="running", phase="fit")
    assert (run.record["state"], run.record["phase"], run.record["name"]) == ("running", "fit", "a-001")


def test_looking_at_runs_imports_nothing_heavy() -> None:
    code = "import sys, dlrun.run_dir; print([m for m in ('numpy', 'pandas', 'keras', 'yaml') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_state_that_nobody_goes_on_with_is_interrupted(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "a")
    run.update(state="running")
    with locked(run.path):
        assert (run.state, is_locked(run.path)) == ("running", True)
    assert (run.state, is_locked(run.path)) == ("interrupted", False)
    run.update(state="finished")
    assert run.state == "finished"
