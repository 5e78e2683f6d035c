"""Single flipped bits, cut ends and zeroed pages in every file of a run: said so, or without any effect."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.campaigns.frame import Campaign, share
from tests.campaigns.sample import RUN, make_run

FLIPS, CUTS, PAGES = 200, 50, 50
PAGE = 4096
FILES = (
    "config.yaml", "resolved.yaml", "environment.json", "data.json", "preprocessing.json", "history.csv", "model.keras",
    "checkpoints/final.npz", "predictions.csv", "metrics.json", "run.json",
)  # fmt: skip


def attempt(trial: tuple[str, str, int], place: Path) -> str:
    """Damage one file of a copy of the run, read it, and put it back."""
    from dlrun.run_dir import RunDir

    name, how, number = trial
    folder = place / "runs" / RUN
    if not folder.exists():
        shutil.copytree(place.parent / "prepared" / "runs" / RUN, folder)
    file = folder / name
    whole = file.read_bytes()
    damaged = _damaged(whole, how, random.Random(f"{name} {how} {number}"))
    if damaged == whole:
        return ""  # a page that was zero before
    run = RunDir(folder)
    before = _told(run, name) if name == "run.json" else None
    try:
        file.write_bytes(damaged)
        told = _told(run, name)
    finally:
        file.write_bytes(whole)
    return "" if told == "damaged" or (told == before and name == "run.json") else f"not told: {told!r:.200}"


def _damaged(whole: bytes, how: str, chance: random.Random) -> bytes:
    at = chance.randrange(len(whole))
    if how == "flip":
        return whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :]
    if how == "cut":
        return whole[:at]
    begin = at // PAGE * PAGE
    return whole[:begin] + bytes(len(whole[begin : begin + PAGE])) + whole[begin + PAGE :]


def _told(run: Any, name: str) -> Any:
    """Return what dlrun makes of the file: "damaged", or what it holds."""
    from dlrun.errors import RunError

    try:
        found = _READERS.get(name, _seal)(run, name)
    except RunError:
        return "damaged"
    if name == "run.json":
        return found
    return "damaged" if name in run.damaged() else found


def _seal(run: Any, name: str) -> Any:
    return run.open(name).close()


def _loaded(run: Any, name: str) -> Any:
    from dlrun.training.run import load_run

    return load_run(run.path).config


def _metrics(run: Any, name: str) -> Any:
    from dlrun.metrics_file import load_metrics

    return load_metrics(run)


def _history(run: Any, name: str) -> Any:
    from dlrun.plots.results import load_history as for_plots
    from dlrun.training.history import load_history

    for_plots(run)
    return load_history(run).to_csv()


def _predictions(run: Any, name: str) -> Any:
    from dlrun.plots.results import class_targets, number_targets

    return class_targets(run), number_targets(run)


def _record(run: Any, name: str) -> Any:
    from dlrun.run_facts import facts_of

    record = run.record
    known = ("name", "state", "created", "sha256", "started", "ended")
    return {key: record.get(key) for key in known}, facts_of(run)


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "resolved.yaml": _loaded,
    "data.json": _loaded,
    "preprocessing.json": _loaded,
    "checkpoints/final.npz": _loaded,
    "metrics.json": _metrics,
    "history.csv": _history,
    "predictions.csv": _predictions,
    "run.json": _record,
}


def trials(seed: int, fast: bool) -> list[tuple[str, str, int]]:
    """Return file, kind of damage, and a number that decides where."""
    kinds = {"flip": FLIPS, "cut": CUTS, "zero": PAGES}
    every = [
        (name, how, seed * 1000 + number) for name in FILES for how, times in kinds.items() for number in range(times)
    ]
    return share(every, fast, 66)


CAMPAIGN = Campaign("damage", "A damaged file of a run is told, or has no effect.", trials, attempt, make_run)
