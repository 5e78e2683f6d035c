from __future__ import annotations

import errno
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.errors import DiskError
from dlrun.training import checkpoint
from dlrun.training.checkpoint import Checkpoint, DamagedError, read_checkpoint, read_checkpoints, write_checkpoint

VALUES = [
    np.arange(12, dtype="float32").reshape(3, 4), np.array(7, dtype="int64"), np.zeros((0, 2)),
    np.array([2**32 - 1], dtype="uint32"), np.array([True, False]), np.asfortranarray(np.eye(3)[:, :2]),
]  # fmt: skip


def made(epoch: int) -> Checkpoint:
    return Checkpoint({"epoch": epoch, "text": "에포크"}, {"variables": VALUES, "optimizer": []})


def newest(folder: Path) -> Any:
    return next(found for _, found in read_checkpoints(folder))


def test_a_checkpoint_comes_back_and_the_last_two_are_kept(tmp_path: Path) -> None:
    for epoch in range(1, 5):
        write_checkpoint(tmp_path / "resume", made(epoch))
    found = [c.state["epoch"] for _, c in read_checkpoints(tmp_path / "resume") if isinstance(c, Checkpoint)]
    assert found == [4, 3]
    arrays = newest(tmp_path / "resume").arrays
    assert arrays["optimizer"] == []
    for before, after in zip(VALUES, arrays["variables"], strict=True):
        assert (before.dtype, before.shape) == (after.dtype, after.shape)
        assert (before == after).all()
    assert sorted(path.name for path in (tmp_path / "resume").iterdir()) == ["000003", "000004"]


def test_sha256sum_agrees(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path, made(1))
    assert subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=path, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", ["arrays.bin", "state.json", "SHA256SUMS"])
def test_every_damage_is_seen_and_the_one_before_is_there(tmp_path: Path, name: str) -> None:
    write_checkpoint(tmp_path, made(1))
    file = write_checkpoint(tmp_path, made(2)) / name
    content = file.read_bytes()
    chance = random.Random(0)
    damaged = [content[: chance.randrange(len(content))] for _ in range(10)]
    for _ in range(40):
        at = chance.randrange(len(content))
        damaged.append(content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :])
    for bad in damaged:
        file.write_bytes(bad)
        (_, last), (_, before) = read_checkpoints(tmp_path)
        assert isinstance(last, DamagedError)
        assert isinstance(before, Checkpoint)
    file.unlink()
    with pytest.raises(DamagedError, match=name):
        read_checkpoint(file.parent)


@pytest.mark.parametrize("call", ["fsync", "mkdir", "rename"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    write_checkpoint(tmp_path, made(1))

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(DiskError, match="cannot write"):
            write_checkpoint(tmp_path, made(2))
    assert newest(tmp_path).state["epoch"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["000001"]


def test_links_are_no_checkpoints(tmp_path: Path) -> None:
    real = write_checkpoint(tmp_path / "real", made(1))
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake/000009").symlink_to(real)
    assert list(read_checkpoints(tmp_path / "fake")) == []
    assert checkpoint.KEPT == 2
