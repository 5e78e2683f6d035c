"""The same config, seed and machine, in new processes: the same bits of weights, history, scores and predictions.

Every other repetition shares the processor with processes that only count.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.campaigns.frame import Campaign
from tests.campaigns.sample import ROOT

REPEATS = 20
RESULTS = ("checkpoints/final.npz", "history.csv", "predictions.csv", "metrics.json")
REGRESSION = "compile: {optimizer: adam, loss: mse, metrics: [mae]}"
NETWORKS = {
    "dense": f"""
layers: [{{Dense: {{units: 512, activation: relu}}}}, {{Dense: {{units: 512, activation: relu}}}}, {{Dense: 1}}]
{REGRESSION}""",
    "dropout": f"""
layers: [{{Dense: 64}}, BatchNormalization, {{GaussianNoise: 0.1}}, {{Dropout: 0.3}}, {{Dense: 1}}]
{REGRESSION}""",
    "lstm": f"""
preprocessing: {{numeric: standard, window: {{length: 8}}}}
layers: [{{LSTM: {{units: 16, return_sequences: true, recurrent_dropout: 0.2}}}}, {{LSTM: 16}}, {{Dense: 1}}]
{REGRESSION}""",
    "conv": f"""
preprocessing: {{numeric: standard, window: {{length: 16}}}}
layers: [{{Conv1D: {{filters: 16, kernel_size: 3}}}}, BatchNormalization, {{MaxPooling1D: 2}}, Flatten, {{Dense: 1}}]
{REGRESSION}""",
    "embedding": f"""
inputs: {{numbers: {{columns: [a, b, c]}}, word: {{columns: [word], dtype: int32}}}}
preprocessing: {{columns: {{word: none}}, numeric: standard}}
layers:
  - {{Embedding: {{input_dim: 9, output_dim: 4}}, inputs: word}}
  - {{Flatten: {{name: flat}}}}
  - {{Dense: {{units: 8, name: told}}, inputs: numbers}}
  - {{Concatenate: {{}}, inputs: [flat, told]}}
  - Dense: 1
{REGRESSION}""",
    "classes": """
preprocessing: {categorical: one_hot, numeric: standard, resample: {oversample: minority}}
layers: [{Dense: {units: 32, activation: relu}}, {Dropout: 0.5}, {Dense: {units: 3, activation: softmax}}]
compile: {optimizer: sgd, loss: sparse_categorical_crossentropy, metrics: [accuracy]}
callbacks: [{EarlyStopping: {monitor: val_loss, patience: 2, restore_best_weights: true}}]""",
}
CONFIG = """
name: {name}
seed: 7
data: {{source: rows.csv, target: {target}, drop: [{dropped}], split: {{test: 0.2, validation: 0.2}}}}
{network}
fit: {{epochs: 5, batch_size: 32}}
"""


def trials(seed: int, fast: bool) -> list[tuple[str, int]]:
    """Return network and repetition."""
    if fast:
        return [("classes", 0), ("classes", 1)]
    return [(name, number) for number in range(REPEATS) for name in NETWORKS]


def prepare(place: Path) -> None:
    """Write 600 rows and the configs."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=(600, 3)).round(4)
    y = (x[:, 0] * x[:, 1] + 0.3 * x[:, 2]).round(4)
    words, kinds = chance.integers(0, 9, 600), np.array(["low", "middle", "high"])[np.digitize(y, [-0.3, 0.5])]
    lines = [f"{a},{b},{c},{w},{t},{k}" for (a, b, c), w, t, k in zip(x, words, y, kinds, strict=True)]
    (place / "rows.csv").write_text("\n".join(["a,b,c,word,y,kind", *lines]) + "\n", encoding="utf-8")
    for name, network in NETWORKS.items():
        target, dropped = ("kind", "y") if name == "classes" else ("y", "kind" if name == "embedding" else "kind, word")
        text = CONFIG.format(name=name, network=network, target=target, dropped=dropped)
        (place / f"{name}.yaml").write_text(text, encoding="utf-8")


def attempt(trial: tuple[str, int], place: Path) -> str:
    """Train by the command, and compare with whoever was first."""
    from dlrun.run_dir import RunDir

    name, number = trial
    prepared, runs = place.parent / "prepared", place / f"{name}-{number}"
    command = [sys.executable, "-m", "dlrun", "train", str(prepared / f"{name}.yaml"), "--runs-dir", str(runs), "-q"]
    with busy() if number % 2 else contextlib.nullcontext():
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return f"exit {done.returncode}: {done.stderr[-300:]}"
    run = RunDir.find(None, runs)
    found = "\n".join(f"{file} {hashlib.sha256((run.path / file).read_bytes()).hexdigest()}" for file in RESULTS)
    first = _first(prepared / f"{name}.first", found)
    return "" if found == first else f"other bits: {found}\nthan: {first}"


def _first(file: Path, found: str) -> str:
    """Return what the first repetition found, which may be this one."""
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    beside.write_text(found, encoding="utf-8")
    with contextlib.suppress(FileExistsError):
        os.link(beside, file)  # whole, or not at all
    return file.read_text(encoding="utf-8")


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """Keep every core busy with something else."""
    idle = [
        subprocess.Popen([sys.executable, "-c", "while True: sum(range(10000))"]) for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for process in idle:
            process.kill()
            process.wait()


CAMPAIGN = Campaign(
    "repeats", "The same config, seed and machine give the same bits, on an idle processor and on a busy one.", trials,
    attempt, prepare,
)  # fmt: skip
