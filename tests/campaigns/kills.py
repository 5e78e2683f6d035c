"""Training killed or stopped at any moment, resumed, and compared with training that was left alone, bit for bit.

Each trial forks a process with Keras imported, ends it with a signal after a share of the time that a whole run takes,
perhaps kills the first resume, too, and resumes to the end. Weights, history, scores and predictions must be the same.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.campaigns.frame import Campaign

NUMBER, FAST = 100, 1
SECONDS = 5.0  # within which a signal must be obeyed
RESULTS = ("checkpoints/final.npz", "history.csv", "metrics.json", "predictions.csv")
NETWORKS = {
    "dense": "layers: [{Dense: {units: 16, activation: relu}}, {Dense: 1}]",
    "dropout": "layers: [{Dense: 16}, BatchNormalization, {GaussianNoise: 0.1}, {Dropout: 0.3}, {Dense: 1}]",
    "lstm": """
preprocessing: {numeric: standard, window: {length: 6}}
layers: [{LSTM: {units: 8, dropout: 0.2, recurrent_dropout: 0.1}}, {Dense: 1}]""",
    "callbacks": """
layers: [{Dense: {units: 16, activation: relu}}, {Dropout: 0.2}, {Dense: 1}]
callbacks:
  - EarlyStopping: {monitor: val_loss, patience: 12, min_delta: 0.001, restore_best_weights: true}
  - ReduceLROnPlateau: {monitor: val_loss, patience: 3, min_delta: 0.01, factor: 0.7}""",
    "inside": """
layers: [{Dense: 16}, {Dropout: 0.3}, {Dense: 1}]
callbacks: [{ModelCheckpoint: {filepath: "best.weights.h5", save_best_only: true, save_weights_only: true}}]""",
}
CONFIG = """
name: {name}
data: {{source: rows.csv, target: y, split: {{test: 0.2, validation: 0.2}}}}
{network}
compile: {{optimizer: {{Adam: {{learning_rate: 0.01}}}}, loss: mse, metrics: [mae]}}
fit: {{epochs: {epochs}, batch_size: 16{checkpoint}}}
"""
ENDINGS = (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def trials(seed: int, fast: bool) -> list[tuple[str, int, float, bool]]:
    """Return network, signal, share of the time at which it comes, and whether the first resume is killed, too."""
    chance = random.Random(seed)
    names = list(NETWORKS)
    found = [
        (names[n % len(names)], int(ENDINGS[n // len(names) % len(ENDINGS)]), chance.random(), n % 4 == 3)
        for n in range(NUMBER)
    ]
    return [("callbacks", int(signal.SIGKILL), 0.5, False)] if fast else found


def prepare(place: Path) -> None:
    """Train every network undisturbed, and note how long it takes."""
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(400, 5)).round(4)
    rows[:, 4] = rows[:, 0] * rows[:, 1] + 0.3 * rows[:, 4]
    np.savetxt(place / "rows.csv", rows, delimiter=",", header="a,b,c,d,y", comments="")
    for name, network in NETWORKS.items():
        checkpoint = ", checkpoint: {minutes: 0.0001}" if name == "inside" else ""
        text = CONFIG.format(name=name, network=network, epochs=60, checkpoint=checkpoint)
        (place / f"{name}.yaml").write_text(text, encoding="utf-8")


def _forked(work: Any) -> int:
    """Start `work` in a forked process with Keras imported, and return its number."""
    from dlrun.signals import given_again_if_lost
    from dlrun.training.runtime import import_keras

    import_keras()
    child = os.fork()
    if child:
        return child
    code, terminated = 70, list[int]()
    try:
        signal.signal(signal.SIGTERM, lambda *_: _interrupt(terminated))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with given_again_if_lost():  # as the command line does
            work()
        code = 0
    except KeyboardInterrupt:
        code = 143 if terminated else 130
    finally:
        os._exit(code)


def _interrupt(terminated: list[int]) -> None:
    """Do at SIGTERM what the command line does."""
    terminated.append(1)
    raise KeyboardInterrupt


def _whole(name: str, place: Path) -> tuple[float, dict[str, bytes]]:
    """Return how long the undisturbed run takes, and its results; trained once in each process's folder."""
    import dlrun
    from dlrun.run_dir import RunDir

    runs, took = place / "whole", place / f"{name}.seconds"
    if not took.exists():
        began = time.monotonic()
        config = place.parent / "prepared" / f"{name}.yaml"
        _, code = os.waitpid(_forked(lambda: dlrun.train(config, runs_dir=runs)), 0)
        assert code == 0, code
        took.write_text(str(time.monotonic() - began))
    return float(took.read_text()), results(RunDir.find(name, runs).path)


def results(run: Path) -> dict[str, bytes]:
    """Return the files that must be the same."""
    return {name: (run / name).read_bytes() for name in RESULTS}


def attempt(trial: tuple[str, int, float, bool], place: Path) -> str:
    """Train, end it, resume, compare."""
    import dlrun
    from dlrun.run_dir import RunDir
    from dlrun.training.resume import resume

    name, ending, share, twice = trial
    seconds, expected = _whole(name, place)
    runs = place / "runs"
    config = place.parent / "prepared" / f"{name}.yaml"
    before = len(RunDir.list(runs))
    why = _ended(_forked(lambda: dlrun.train(config, runs_dir=runs)), ending, share * seconds)
    found = RunDir.list(runs)
    if why or len(found) == before or not found[-1].has(found[-1].resolved):  # it ended before there was a run
        return why
    run = found[-1]
    if run.state not in ("interrupted", "finished"):
        return f"the state is {run.state}"
    if twice:
        _ended(_forked(lambda: resume(run.path)), signal.SIGKILL, share * seconds / 2)
    _, code = os.waitpid(_forked(lambda: resume(run.path)), 0)
    if code:
        return f"resume ended with {code >> 8 or code}"
    differing = [name for name, content in results(run.path).items() if content != expected[name]]
    return f"other bits in {', '.join(differing)}" if differing else ""


def _ended(child: int, ending: int, seconds: float) -> str:
    """Send a signal after a time, and return what was wrong with how the process ended."""
    time.sleep(seconds)
    os.kill(child, ending)
    sent = time.monotonic()
    _, status = os.waitpid(child, 0)
    took, code = time.monotonic() - sent, os.waitstatus_to_exitcode(status)
    if code not in (0, {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[signal.Signals(ending)]):
        return f"exit code {code}"
    return f"obeyed only after {took:.1f} s" if took > SECONDS else ""


CAMPAIGN = Campaign(
    "kills", "Killed or stopped at any moment, and resumed: the bits of a run that was left alone.", trials, attempt,
    prepare, own_process=True,
)  # fmt: skip
