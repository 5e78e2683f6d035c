"""Checkpoints while the disk fails or the process dies: kills and errors at every system call that writes.

Without TensorFlow: a process that writes checkpoints and run.json alone. With `strace` it is killed, or told that
the disk is full, read-only or broken, at its first, second, ... call of each kind; without, it is killed by time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from tests.campaigns.frame import Campaign, share

CALLS = ("write", "fsync", "rename", "mkdir", "unlink", "unlinkat", "rmdir")
ERRORS = ("ENOSPC", "EROFS", "EIO")
WRITER = """
import sys
from pathlib import Path
import numpy as np
from dlrun.errors import DiskError
from dlrun.run_dir import RunDir
from dlrun.training.checkpoint import Checkpoint, write_checkpoint
from dlrun.training.history import HistoryFile
from dlrun.training.writer import writer

print("begin", flush=True)
run_dir = RunDir(Path(sys.argv[1]))
history = HistoryFile(run_dir.history)
try:
    with writer(run_dir):
        for epoch in range(1, 6):
            history.add(epoch - 1, {"loss": 1 / epoch})
            arrays = [np.full((50, 20), epoch, "float32"), np.array(epoch)]
            write_checkpoint(run_dir.resume, Checkpoint({"epoch": epoch, "history": history.text()}, {"all": arrays}))
            run_dir.update(state="running", epoch=epoch)
except DiskError:
    sys.exit(74)
"""


def _command(folder: Path, *strace: str) -> list[str]:
    return [*strace, sys.executable, "-B", "-c", WRITER, str(folder)]


def prepare(place: Path) -> None:
    """Make a run folder that has two checkpoints."""
    from dlrun.run_dir import RunDir

    subprocess.run(_command(RunDir.create(place, "run").path), check=True, capture_output=True)


@cache
def _counts() -> Counter[str]:
    """Return how often the writer makes each call, before and while it writes."""
    import tempfile

    from dlrun.run_dir import RunDir

    with tempfile.TemporaryDirectory() as place:
        log = Path(place, "log")
        strace = ("strace", "-f", "-qq", "-o", str(log), "-e", f"trace={','.join(CALLS)}")
        subprocess.run(_command(RunDir.create(Path(place), "run").path, *strace), check=True, capture_output=True)
        return Counter(re.findall(r"^\d+ +(\w+)\(", log.read_text(errors="replace"), re.MULTILINE))


def trials(seed: int, fast: bool) -> list[tuple[Any, ...]]:
    """Return (call, what happens, at which one), and moments in milliseconds."""
    moments = [("time", "SIGKILL", moment) for moment in range(0, 60, 1)]
    if fast:
        return share(moments, True, 3)
    if shutil.which("strace") is None:
        return [("strace", "is missing", 0), *moments]
    faults = [f"signal={name}" for name in ("SIGKILL",)] + [f"error={name}" for name in ERRORS]
    return [(call, fault, n) for call, count in _counts().items() for n in range(1, count + 1) for fault in faults]


def attempt(trial: tuple[Any, ...], place: Path) -> str:
    """Let the writer meet its fault; the newest whole checkpoint must be there, and another writer can go on."""
    call, fault, number = trial
    if fault == "is missing":
        return "strace is missing, so no system call was made to fail (apt install strace)"
    run = place / "run-001"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(place.parent / "prepared" / "run-001", run)
    code = _killed_at(run, number) if call == "time" else _injected(run, call, fault, number)
    if call != "time" and "error" in fault and code not in (0, 74, 1, 120):
        return f"exit code {code}"
    return _fault(run)


def _injected(run: Path, call: str, fault: str, number: int) -> int:
    inject = f"inject={call}:{fault}:when={number}"
    command = _command(run, "strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", inject)
    return subprocess.run(command, capture_output=True, timeout=60).returncode


def _killed_at(run: Path, milliseconds: int) -> int:
    process = subprocess.Popen(_command(run), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(milliseconds / 1000)
    process.kill()
    process.stdout.close()
    return process.wait()


def _fault(run: Path) -> str:
    """Return what is wrong with the folder now."""
    from dlrun.run_dir import RunDir
    from dlrun.training.checkpoint import Checkpoint, read_checkpoints

    found = [checkpoint for _, checkpoint in read_checkpoints(run / "checkpoints/resume")]
    if not found or not all(isinstance(checkpoint, Checkpoint) for checkpoint in found):
        return f"checkpoints: {[c if isinstance(c, Exception) else 'whole' for c in found]}"
    for checkpoint in found:
        epoch = checkpoint.state["epoch"]  # type: ignore[union-attr]
        if any((array != epoch).any() for array in checkpoint.arrays["all"]):  # type: ignore[union-attr]
            return f"the checkpoint of epoch {epoch} holds another's numbers"
    state = RunDir(run).state  # run.json is whole
    if state != "interrupted":
        return f"the state is {state}"
    again = subprocess.run(_command(run), capture_output=True, text=True)
    return "" if again.returncode == 0 else f"no writer can go on: {again.stderr[-200:]}"


CAMPAIGN = Campaign(
    "writes", "Killed or refused at any call that writes, a run keeps its checkpoints and goes on.", trials, attempt,
    prepare,
)  # fmt: skip
