"""Several seeds or folds, killed or stopped together at any moment, and the same command again with `--resume`.

The command forks a process for each run, so a trial kills it alone (its runs then have to stop by themselves) or with
all of them at once, as a machine does that goes down. A second kill comes while they go on. In the end every run must
have the files of one that nobody disturbed, there may be no run too many, and nobody may have printed a traceback.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from tests.campaigns.forks import Done, run_command
from tests.campaigns.frame import Campaign
from tests.campaigns.sample import make_project

NUMBER = 40
COMMANDS = {"seeds": ["train", "--seeds", "3"], "folds": ["cv", "--folds", "3"]}
EPOCHS = "fit.epochs=40"
RESULTS = ("checkpoints/final.npz", "history.csv", "metrics.json", "predictions.csv")
ENDINGS = ("all", "alone", "SIGTERM", "all", "SIGINT")  # SIGKILL to all processes, or to the command alone
CODES = {"all": -signal.SIGKILL, "alone": -signal.SIGKILL, "SIGTERM": 143, "SIGINT": 130}
SECONDS = 60.0

Trial = tuple[str, str, float, bool]
Files = dict[str, bytes]


def trials(seed: int, fast: bool) -> list[Trial]:
    """Return the command, how it is ended, the share of its time at which that comes, and whether it is done twice."""
    if fast:
        return [("seeds", "all", 0.5, False)]
    chance = random.Random(seed)
    commands = list(COMMANDS)
    return [
        (commands[n % len(commands)], ENDINGS[n % len(ENDINGS)], chance.random(), n % 3 == 2) for n in range(NUMBER)
    ]


def attempt(trial: Trial, place: Path) -> str:
    """Train, end it, go on, compare."""
    command, ending, share, twice = trial
    seconds, expected = _undisturbed(command, place)
    runs = place / f"runs-{command}-{ending}-{share}"
    for again in (False, True) if twice else (False,):
        done = _command(command, place, runs, again, watch=partial(_ended, ending=ending, seconds=share * seconds))
        if done.code not in (0, CODES[ending]) or "Traceback" in done.output:
            return f"exit {done.code}: {done.output[-600:]!r}"
    done = _command(command, place, runs, True)
    if done.code or "Traceback" in done.output:
        return f"then exit {done.code}: {done.output[-600:]!r}"
    found = _results(runs)
    if found.keys() != expected.keys():
        return f"runs of {sorted(found)} instead of {sorted(expected)}"
    differing = [f"{run}: {file}" for run in found for file in RESULTS if found[run][file] != expected[run][file]]
    return f"other bits in {', '.join(differing)}" if differing else ""


@cache
def _undisturbed(command: str, place: Path) -> tuple[float, dict[str, Files]]:
    """Return how long the command takes, and its runs."""
    began = time.monotonic()
    done = _command(command, place, place / f"whole-{command}", False)
    assert done.code == 0, done.output
    return time.monotonic() - began, _results(place / f"whole-{command}")


def _command(command: str, place: Path, runs: Path, resume: bool, **watch: object) -> Done:
    config = str(place.parent / "prepared" / "fruit.yaml")
    arguments = [*COMMANDS[command], config, EPOCHS, "--runs-dir", str(runs), "--quiet", *["--resume"] * resume]
    return run_command(arguments, place, **watch)  # type: ignore[arg-type]


def _results(runs: Path) -> dict[str, Files]:
    """Return the files of each run that came so far as to have a config, by its seed and fold."""
    import dlrun
    from dlrun.run_dir import RunDir

    found: dict[str, Files] = {}
    for run in RunDir.list(runs):
        if not run.has(run.experiment):
            continue  # killed before anything was begun
        config = dlrun.load_run(run.path).config
        assert config.data is not None
        name = f"seed {config.seed}, fold {config.data.split.fold}"
        assert name not in found, f"{name} was trained twice"
        found[name] = {file: (run.path / file).read_bytes() for file in RESULTS}
    return found


@contextlib.contextmanager
def _ended(command: int, ending: str, seconds: float) -> Iterator[None]:
    """End a command after a time, and wait until its runs are over, too."""
    runs: list[int] = []

    def end() -> None:
        runs.extend(_children(command))
        with contextlib.suppress(ProcessLookupError):
            os.kill(command, signal.SIGKILL if ending in ("all", "alone") else signal.Signals[ending])
            for run in runs if ending == "all" else ():
                os.kill(run, signal.SIGKILL)

    timer = threading.Timer(seconds, end)
    timer.start()
    yield
    timer.cancel()
    timer.join()
    began = time.monotonic()
    while any(Path(f"/proc/{run}").exists() for run in runs):
        assert time.monotonic() - began < SECONDS, "its runs go on without it"
        time.sleep(0.02)


def _children(process: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


CAMPAIGN = Campaign(
    "groups", "Seeds or folds killed or stopped together go on together, to the bits of runs left alone.", trials,
    attempt, make_project, own_process=True,
)  # fmt: skip
