"""Kinds of hostile runs with too much of something, or with numbers, times and names that dlrun does not write."""

from __future__ import annotations

import os
from pathlib import Path

from tests.campaigns.hostile_makers import ARRAYS, RESOLVED, Kind, Make, change_json, holding

ALL = ("evaluate", "predict", "plot", "show")
LOADING = ("evaluate", "predict")
NONE = ()
SECONDS = [{"a": 1}, "x", 10**400, -1.0, True]
TIMES = {"created": "yesterday", "started": "2020-13-45T99:99:99", "ended": 7}
LINES = "epoch,loss\n" + "".join(f"{epoch},0.5\n" for epoch in range(1, 500_001))


def sparse(name: str) -> Make:
    """Make a file 8 GiB of holes, which come in a small archive."""
    return lambda run, box: os.truncate(run / name, 8 * 2**30)


def renaming(**names: str) -> Make:
    """Let preprocessing.json speak of other columns or labels."""

    def make(run: Path, box: Path) -> None:
        path = run / "preprocessing.json"
        text = path.read_text("utf-8")
        for old, new in names.items():
            text = text.replace(f'"{old}"', f'"{new}"')
        path.write_text(text, encoding="utf-8")

    return make


AMOUNTS: dict[str, Kind] = {
    "history.csv is of holes": Kind(sparse("history.csv"), NONE, sealed=False),
    "metrics.json is of holes": Kind(sparse("metrics.json"), NONE, sealed=False),
    "resolved.yaml is of holes": Kind(sparse(RESOLVED), LOADING, sealed=False),
    "the arrays are of holes": Kind(sparse(ARRAYS), LOADING, sealed=False),
    "run.json has seconds that are none": Kind(
        change_json("run.json", lambda r: r.update(epoch_seconds=SECONDS)), NONE
    ),
    "run.json has times that are none": Kind(change_json("run.json", lambda r: r.update(TIMES)), NONE),
    "run.json seals 20,000 files": Kind(
        change_json("run.json", lambda r: r["sha256"].update({f"plots/{n}.png": "0" * 64 for n in range(20_000)})),
        ALL,
        sealed=False,
    ),
    "run.json has 200,000 tags": Kind(
        change_json("run.json", lambda r: r.update(tags=[f"tag-{n}" for n in range(200_000)])), ALL, sealed=False
    ),
    "history.csv has 500,000 lines": Kind(holding("history.csv", LINES), NONE),
    "history.csv spans what no number holds": Kind(holding("history.csv", "epoch,loss\n1,1e308\n2,-1e308\n"), NONE),
    "metrics.json has odd counts": Kind(
        change_json("metrics.json", lambda m: m.update(unseen={"test": {"a": "x"}})), NONE
    ),
    "metrics.json has 30,000 scores": Kind(
        change_json("metrics.json", lambda m: m["test"].update({f"score_{n}": 0.5 for n in range(30_000)})), NONE
    ),
    "data.json has 200,000 files": Kind(change_json("data.json", lambda d: d.update(files=d["files"] * 200_000)), NONE),
    "data.json has 300,000 notes": Kind(
        change_json("data.json", lambda d: d.update(notes=[f"note {n}" for n in range(300_000)])), NONE
    ),
    "preprocessing.json has another column": Kind(renaming(sugar="salt", level="height"), LOADING, allowed=(3, 4)),
    "preprocessing.json has another label": Kind(renaming(yes="maybe", level="height"), LOADING, allowed=(3, 4)),
    "preprocessing.json has another target": Kind(renaming(ripe="raw", level="height"), LOADING),
}
