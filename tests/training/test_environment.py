from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from dlrun.training.environment import environment_record, git_commit


def test_nothing_secret_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "canary-1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "/home/canary-2/x")
    monkeypatch.setenv("HOME", "/home/canary-3")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    record = environment_record(tmp_path / "a.yaml")
    text = json.dumps(record)
    assert "canary" not in text
    assert str(tmp_path) not in text
    assert record["variables"]["OMP_NUM_THREADS"] == "2"
    assert record["python"] == ".".join(map(str, sys.version_info[:3]))
    assert record["packages"]["keras"].startswith("3.")
    assert record["threads"].keys() == {"intra_op", "inter_op"}


def test_a_gpu_is_recorded_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [SimpleNamespace(device_type=kind, name=f"/physical_device:{kind}:0") for kind in ("CPU", "GPU", "TPU")]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda *kind: found)
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda device: {"device_name": f"NVIDIA {device.device_type}"}
    )
    assert environment_record(tmp_path / "a.yaml")["devices"] == ["CPU", "GPU NVIDIA GPU", "TPU"]


def test_the_commit_is_that_of_git(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert git_commit(tmp_path) is None
    git("init", "-q")
    assert git_commit(tmp_path) is None
    git("commit", "-q", "--allow-empty", "-m", "a")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert git_commit(tmp_path / "deep" / "er") == git("rev-parse", "HEAD")
    git("pack-refs", "--all")
    assert git_commit(tmp_path) == git("rev-parse", "HEAD")
    git("checkout", "-q", "--detach")
    assert git_commit(tmp_path) == git("rev-parse", "HEAD")


@pytest.mark.parametrize("head", ["ref: ../../../etc/passwd", "ref: /etc/passwd", "x" * 10_000, ""])
def test_a_strange_repository_tells_nothing(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(head)
    assert git_commit(tmp_path) is None


def test_pipes_and_holes_in_a_strangers_git_folder(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    git.mkdir()
    os.mkfifo(git / "HEAD")
    assert git_commit(tmp_path) is None
    (git / "HEAD").unlink()
    (git / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    with (git / "packed-refs").open("wb") as file:
        file.truncate(2**40)
    assert git_commit(tmp_path) is None
