"""A small project with a trained run, for campaigns that start from one."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = "fruit-001"
SERIES = "river-001"
CONFIG = """\
name: fruit
seed: 3
data:
  source: fruit.csv
  target: ripe
  split: {test: 0.25, validation: 0.2}
preprocessing:
  numeric: [{impute: median}, standard]
layers:
  - Dense: {units: 6, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
compile:
  optimizer: {Adam: {learning_rate: 0.01}}
  loss: binary_crossentropy
  metrics: [accuracy]
fit: {epochs: 2, batch_size: 16}
"""
WINDOWED = """\
name: river
seed: 3
data:
  source: river.csv
  target: level
  time: day
  split: {test: 0.2, validation: 0.2}
preprocessing:
  numeric: standard
  window: {length: 5}
layers:
  - SimpleRNN: 4
  - Dense: {units: 6, activation: relu}
  - Dense: 1
compile: {optimizer: adam, loss: mse}
fit: {epochs: 2, batch_size: 16}
"""


def make_project(folder: Path) -> None:
    """Write two tables and their configs.

    fruit: 90 rows with numbers, gaps, a category and a text label. river: 90 days of a level.
    """
    chance = random.Random(4)
    lines = ["무게,sugar,colour,ripe"]
    for row in range(90):
        sugar = round(chance.gauss(10, 2), 2)
        ripe = "yes" if sugar + chance.gauss(0, 1) > 10 else "no"
        colour = chance.choice(["red", "green", "=yellow"])
        lines.append(f"{round(chance.gauss(150, 20), 1)},{'' if row % 17 == 0 else sugar},{colour},{ripe}")
    (folder / "fruit.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "fruit.yaml").write_text(CONFIG, encoding="utf-8")
    days = (date(2020, 1, 1) + timedelta(days) for days in range(90))
    lines = ["day,level", *(f"{day},{round(chance.gauss(5, 1), 2)}" for day in days)]
    (folder / "river.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "river.yaml").write_text(WINDOWED, encoding="utf-8")


def make_run(folder: Path) -> None:
    """Make the project, and train it into `runs/fruit-001` by the command, in a process of its own."""
    make_project(folder)
    arguments = ["-m", "dlrun", "train", str(folder / "fruit.yaml"), "--runs-dir", str(folder / "runs"), "--quiet"]
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"no run to start from: {done.stderr}")
