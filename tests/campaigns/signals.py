"""Ctrl-C and SIGTERM at any moment of a command: it ends within seconds, with 130 or 143, and leaves a run in order.

The moments are spread over everything that `dlrun train` does, from its imports on: reading, building, training,
evaluating, drawing; with rows that stay on disk, and with several runs in processes of their own, too.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.campaigns.frame import Campaign
from tests.campaigns.sample import ROOT

MOMENTS = 20
SECONDS = 5.0  # within which a first signal is obeyed, on a machine that is not busy otherwise
BEGIN = 0.5  # Python itself has to start, before anybody can answer
TRAINING = -1.0  # no share of the time, but as soon as an epoch is done
AT_ONCE = 2.0  # and a second one
CONFIG = """\
name: rows
data: {source: rows.csv, target: y, split: {test: 0.2, validation: 0.2}}
preprocessing: {numeric: standard}
layers: [{Dense: {units: 32, activation: relu}}, {Dropout: 0.2}, {Dense: 1}]
compile: {optimizer: adam, loss: mse}
fit: {epochs: 12, batch_size: 64}
"""
WAYS = {
    "train": [],
    "stream": ["data.stream=true"],
    "seeds": ["--seeds", "2", "--jobs", "2"],
}


def trials(seed: int, fast: bool) -> list[tuple[str, int, float, bool]]:
    """Return the way, the signal, the share of the time at which it comes, and whether a second one follows."""
    if fast:
        return [("train", int(signal.SIGTERM), TRAINING, False)]
    chance = random.Random(seed)
    found = []
    for way in WAYS:
        for number in (signal.SIGINT, signal.SIGTERM):
            for n in range(MOMENTS if way == "train" else MOMENTS // 4):
                moment = (n + chance.random()) / (MOMENTS if way == "train" else MOMENTS // 4)
                found.append((way, int(number), moment, n % 5 == 4))
    return found


def prepare(place: Path) -> None:
    """Write 60,000 rows: they take a second to read and to train on."""
    chance = random.Random(0)
    lines = (",".join(f"{chance.gauss(0, 1):.4f}" for _ in range(8)) for _ in range(60_000))
    (place / "rows.csv").write_text("\n".join(["a,b,c,d,e,f,g,y", *lines]) + "\n", encoding="utf-8")
    (place / "rows.yaml").write_text(CONFIG, encoding="utf-8")


def attempt(trial: tuple[str, int, float, bool], place: Path) -> str:
    """Start, send, wait, look."""
    way, number, share, twice = trial
    seconds = 0.0 if share == TRAINING else _seconds(way, place)
    runs = place / f"{way}-{number}-{share}"
    process = _start(way, place, runs)
    if share == TRAINING:
        _wait_for_an_epoch(runs)
    else:
        time.sleep(BEGIN + share * (seconds - BEGIN))
    process.send_signal(number)
    if twice:
        time.sleep(0.1)
        process.send_signal(number)
    sent = time.monotonic()
    try:
        output, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return "still there after a minute"
    took = time.monotonic() - sent
    if process.returncode not in (0, 128 + number) or (process.returncode == 0 and share < 0.5):
        return f"exit {process.returncode}: {output[-300:]!r}"
    if "Traceback" in output:
        return f"a traceback: {output[-600:]!r}"
    if took > (AT_ONCE if twice else SECONDS):
        return f"obeyed only after {took:.1f} s"
    return _left_behind(process.pid, runs)


def _wait_for_an_epoch(runs: Path) -> None:
    for _ in range(6000):
        if list(runs.glob("*/history.csv")):
            return
        time.sleep(0.01)


def _left_behind(group: int, runs: Path) -> str:
    from dlrun.run_dir import RunDir

    try:
        os.killpg(group, 0)
        return "processes are left"
    except ProcessLookupError:
        pass
    states = {run.name: run.state for run in RunDir.list(runs)}
    odd = {name: state for name, state in states.items() if state not in ("interrupted", "finished")}
    return f"left behind: {odd}" if odd else ""


def _start(way: str, place: Path, runs: Path) -> subprocess.Popen[str]:
    config = str(place.parent / "prepared" / "rows.yaml")
    command = [sys.executable, "-m", "dlrun", "train", config, *WAYS[way], "--runs-dir", str(runs), "--quiet"]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whoever started this may ignore Ctrl-C
    )  # fmt: skip


def _seconds(way: str, place: Path) -> float:
    """Return how long the command takes that nobody disturbs, measured once."""
    took = place / f"{way}.seconds"
    if not took.exists():
        began = time.monotonic()
        process = _start(way, place, place / f"{way}-whole")
        output, _ = process.communicate()
        assert process.returncode == 0, output
        took.write_text(str(time.monotonic() - began))
    return float(took.read_text())


CAMPAIGN = Campaign(
    "signals", "A signal at any moment: a command ends within 5 s with 130 or 143, and leaves a run in order.", trials,
    attempt, prepare,
)  # fmt: skip
