"""Predictions on the rows that a network was trained on: bit for bit those that were written while training.

The rows of a part stand in a new file in the part's order, so that they make the same batches. Other orders of columns
and further columns change nothing; without a column that the network needs there are no predictions.
"""

from __future__ import annotations

import csv
import random
from functools import cache
from pathlib import Path

from tests.campaigns.forks import Done, run_command
from tests.campaigns.frame import Campaign

ROWS = 300
COLUMNS = ("when", "size", "weight", "colour", "place", "kind", "price", "noise")
REGRESSION = "compile: {optimizer: adam, loss: mse}\nfit: {epochs: 2, batch_size: 32}"
CONFIGS = {
    "regression": f"""
data: {{target: price, features: [size, weight, colour]}}
preprocessing: {{numeric: [{{impute: median}}, standard], categorical: one_hot, target: standard}}
layers: [{{Dense: {{units: 8, activation: relu}}}}, {{Dropout: 0.2}}, BatchNormalization, {{Dense: 1}}]
{REGRESSION}""",
    "classes": """
data: {target: kind, features: [size, weight, place]}
preprocessing: {numeric: [{impute: median}, min_max], categorical: ordinal}
layers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation: softmax}}]
compile: {optimizer: adam, loss: sparse_categorical_crossentropy}
fit: {epochs: 2, batch_size: 16}""",
    "binary": """
data: {target: place, features: [size, weight, colour]}
preprocessing: {numeric: [{impute: median}, robust], categorical: one_hot}
layers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 1, activation: sigmoid}}]
compile: {optimizer: adam, loss: binary_crossentropy}
fit: {epochs: 2, batch_size: 7, class_weight: balanced}""",
    "prepared": f"""
data:
  target: price
  features: [density, when_month, colour, weight]
  prepare:
    - derive: {{density: weight / size}}
    - date_parts: {{column: when, parts: [month]}}
preprocessing: {{numeric: [{{impute: mean}}, quantile], categorical: one_hot}}
layers: [{{Dense: 8}}, {{Dense: 1}}]
{REGRESSION}""",
    "inputs": """
data: {target: [price, place], features: [size, weight, colour]}
inputs: {numbers: [size, weight], colours: [colour]}
preprocessing: {numeric: [{impute: mean}, standard], categorical: one_hot}
layers:
  - {Dense: {units: 4, name: a}, inputs: numbers}
  - {Dense: {units: 4, name: b}, inputs: colours}
  - {Concatenate: {name: both}, inputs: [a, b]}
  - {Dense: {units: 1, name: price}, inputs: both}
  - {Dense: {units: 1, activation: sigmoid, name: place}, inputs: both}
outputs: {price: price, place: place}
compile: {optimizer: adam, loss: {price: mse, place: binary_crossentropy}}
fit: {epochs: 2, batch_size: 32}""",
    "window": f"""
data: {{target: price, features: [size, weight, price], time: when}}
preprocessing: {{numeric: [{{impute: median}}, standard], window: {{length: 6, horizon: 2}}}}
layers: [{{LSTM: 8}}, {{Dense: 2}}]
{REGRESSION}""",
}
NEEDED = {
    "regression": ("size", "weight", "colour"),
    "classes": ("size", "weight", "place"),
    "binary": ("size", "weight", "colour"),
    "prepared": ("size", "weight", "colour", "when"),
    "inputs": ("size", "weight", "colour"),
    "window": ("size", "weight", "price", "when"),
}
PARTS = ("train", "validation", "test")


def trials(seed: int, fast: bool) -> list[tuple[str, str, str]]:
    """Return config, what is done to the columns, and the part or the column."""
    found = []
    for name, needed in NEEDED.items():
        parts = PARTS if name != "window" else ("train",)  # the others' first windows begin in the part before
        found += [(name, how, part) for how in ("as they were", "shuffled", "more", "without target") for part in parts]
        found += [(name, "missing", column) for column in needed]
    if fast:  # of one config, which is trained once
        return [("regression", "shuffled", "train"), ("regression", "missing", "weight")]
    return [trial for trial in found if trial[:2] != ("window", "without target")]


def prepare(place: Path) -> None:
    """Write 300 rows and the configs."""
    chance = random.Random(1)
    lines = [",".join(COLUMNS)]
    for row in range(ROWS):
        size, weight = round(chance.gauss(10, 2), 2), round(chance.gauss(150, 20), 1)
        price = round(size * weight / 100 + chance.gauss(0, 1), 3)
        kind = ("low", "middle", "high")[(price > 14) + (price > 16)]
        place_, colour = chance.choice(("in", "out")), chance.choice(("red", "green", "blue"))
        month, day = divmod(row, 28)
        weight_text = "" if row % 19 == 0 else str(weight)
        cells = (f"2021-{month + 1:02d}-{day + 1:02d}", size, weight_text, colour, place_, kind, price, chance.random())
        lines.append(",".join(map(str, cells)))
    (place / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, text in CONFIGS.items():
        split = "{test: 0.2, validation: 0.2}"
        whole = text.strip().replace("data: {", f"data: {{source: rows.csv, split: {split}, ", 1)
        whole = whole.replace("data:\n", f"data:\n  source: rows.csv\n  split: {split}\n", 1)
        (place / f"{name}.yaml").write_text(f"name: {name}\n{whole}\n", encoding="utf-8")


def attempt(trial: tuple[str, str, str], place: Path) -> str:
    """Predict, and compare with predictions.csv."""
    name, how, which = trial
    run = _trained(name, place)
    part = "train" if how == "missing" else which
    expected = [line for line in _lines(run / "predictions.csv") if line.pop("part") == part]
    source = _lines(place.parent / "prepared" / "rows.csv")
    rows = source[: 1 + max(int(line["row"]) for line in expected)] if name == "window" else None
    rows = rows or [source[int(line["row"])] for line in expected]
    columns = _columns(name, how, which)
    if how == "more":
        rows = [{**row, "z": "9", "=more": "x"} for row in rows]
    file, out = place / "new.csv", place / "out.csv"
    _write(file, columns, rows)
    out.unlink(missing_ok=True)
    done = run_command(["predict", str(run), str(file), "--output", str(out)], place)
    if how == "missing":
        return _refused(done, which, out)
    if done.code:
        return f"exit {done.code}: {done.output[-300:]!r}"
    return _differing(_lines(out), expected, name)


def _refused(done: Done, column: str, out: Path) -> str:
    if done.code != 3 or column not in done.output:
        return f"exit {done.code}, and '{column}' is not told: {done.output[-300:]!r}"
    return "predictions were written" if out.exists() else ""


def _columns(name: str, how: str, which: str) -> list[str]:
    target = {"regression": ["price"], "prepared": ["price"], "classes": ["kind"], "binary": ["place"]}
    gone = target.get(name, ["price", "place"]) if how == "without target" else [which] if how == "missing" else []
    columns = [column for column in COLUMNS if column not in gone]
    if how == "more":
        columns = ["z", *columns, "=more"]
    if how == "shuffled":
        random.Random(name).shuffle(columns)
    return columns


def _differing(found: list[dict[str, str]], expected: list[dict[str, str]], name: str) -> str:
    """Compare every column that both have but `row`, as text: numbers are written so that they read back the same."""
    if len(found) != len(expected):
        return f"{len(found)} predictions, not {len(expected)}"
    columns = [column for column in expected[0] if column in found[0] and column != "row"]
    if not any("_predicted" in column for column in columns):
        return f"no predictions among {columns}"
    for number, (line, wanted) in enumerate(zip(found, expected, strict=True)):
        for column in columns:
            if line[column] != wanted[column]:
                return f"row {number}: {column} is {line[column]}, was {wanted[column]}"
    return ""


@cache
def _trained(name: str, place: Path) -> Path:
    config = place.parent / "prepared" / f"{name}.yaml"
    done = run_command(["train", str(config), "--runs-dir", str(place / "runs"), "--quiet"], place)
    assert done.code == 0, done.output
    return place / "runs" / f"{name}-001"


def _lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _write(file: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


CAMPAIGN = Campaign(
    "predictions",
    "Predictions on training rows are bit for bit those of the run, whatever the columns' order; none may be missing.",
    trials,
    attempt,
    prepare,
    own_process=True,
)
