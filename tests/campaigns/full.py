"""A whole training on a disk that is too small: exit 74; with more space it goes on, and comes to the same bits.

The disk is a file system in memory of so many pages, which takes the right to mount one. Without it the same is tried
with a limit on the size of each file, which every process may give itself: it fails first at the larger files.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from tests.campaigns.forks import Done, run_command
from tests.campaigns.frame import Campaign
from tests.campaigns.sample import RUN, make_project

PAGE = 4096
PAGES = 140  # more than a whole run takes
FILES = tuple(round(1000 * 1.1**n) for n in range(48))  # bytes, up to more than its largest file
ROOMY = 16 * 2**20
CONFIG = "fit={epochs: 6, batch_size: 16, checkpoint: {epochs: 1}}"
CALLBACKS = "callbacks=[{ModelCheckpoint: '{epoch:03d}.keras'}, {CSVLogger: log.csv}]"
RESULTS = (
    "checkpoints/final.npz", "checkpoints/log.csv", "history.csv", "metrics.json", "predictions.csv",
)  # fmt: skip
KEPT = ("model.keras", "checkpoints/001.keras", "checkpoints/006.keras", "plots/learning_curves.svg")


def trials(seed: int, fast: bool) -> list[tuple[str, int]]:
    """Return what is too small, and its size: a disk in pages, or files in bytes."""
    if fast:
        return [("file", 22_000)]
    return [*(("disk", pages) for pages in range(1, PAGES + 1)), *(("file", size) for size in FILES)]


def attempt(trial: tuple[str, int], place: Path) -> str:
    """Train with too little space, look, make space, go on, compare."""
    what, size = trial
    runs = place / "runs"
    shutil.rmtree(runs, ignore_errors=True)
    runs.mkdir()
    if what == "file":
        return _tried(runs, place, partial(_small_files, size=size), contextlib.nullcontext)
    if _mount(runs, size * PAGE):
        return "no small disk could be mounted, so none was full (be root)"
    try:
        return _tried(runs, place, None, partial(_mount, runs, ROOMY, "remount,"))
    finally:
        subprocess.run(["umount", "--lazy", str(runs)], check=True)


def _mount(folder: Path, size: int, how: str = "") -> str:
    command = ["mount", "-t", "tmpfs", "-o", f"{how}size={size}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, text=True).stderr


@contextlib.contextmanager
def _small_files(child: int, size: int) -> Iterator[None]:
    resource.prlimit(child, resource.RLIMIT_FSIZE, (size, size))
    yield


def _tried(runs: Path, place: Path, watch: Any, make_space: Callable[[], object]) -> str:
    done = run_command(_train(place, runs), place, watch=watch)
    if done.code not in (0, 74) or "Traceback" in done.output:
        return f"exit {done.code}: {done.output[-300:]!r}"
    if done.code == 74 and "cannot write" not in done.output:
        return f"the disk is not told: {done.output[-300:]!r}"
    litter = [path.name for path in runs.rglob(".*")]
    if litter:
        return f"left behind: {litter}"
    make_space()
    if done.code == 74:
        done = _go_on(runs, place)
    return f"then exit {done.code}: {done.output[-300:]!r}" if done.code else _differing(runs / RUN, _whole(place))


def _go_on(runs: Path, place: Path) -> Done:
    """Resume the run; one that had no config yet is begun again."""
    done = run_command(["resume", str(runs / RUN), "--quiet"], place)
    if done.code != 4 or ("cut off before" not in done.output and "no run" not in done.output):
        return done
    shutil.rmtree(runs / RUN, ignore_errors=True)
    return run_command(_train(place, runs), place)


def _train(place: Path, runs: Path) -> list[str]:
    config = str(place.parent / "prepared" / "fruit.yaml")
    return ["train", config, CONFIG, CALLBACKS, "--runs-dir", str(runs), "--quiet"]


@cache
def _whole(place: Path) -> Path:
    """Return a run with space enough, that all others must come to."""
    done = run_command(_train(place, place / "whole"), place)
    assert done.code == 0, done.output
    return place / "whole" / RUN


def _differing(run: Path, whole: Path) -> str:
    from dlrun.run_dir import RunDir

    faults = {
        "other bits in": [name for name in RESULTS if (run / name).read_bytes() != (whole / name).read_bytes()],
        "missing:": [name for name in KEPT if not (run / name).is_file()],
        "not as sealed:": RunDir(run).damaged(),
    }
    return "; ".join(f"{what} {', '.join(names)}" for what, names in faults.items() if names)


CAMPAIGN = Campaign(
    "full",
    "A disk that is full at any moment of a training: exit 74, and with more space the bits of a run that had enough.",
    trials,
    attempt,
    make_project,
    own_process=True,
)
