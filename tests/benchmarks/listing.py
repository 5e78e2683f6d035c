"""How long `dlrun ls` takes to list very many runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.arithmetic import median
from tests.benchmarks.cases import Case
from tests.benchmarks.compare import DONE, FAILED, Result, say
from tests.benchmarks.measure import CommandError, Measured, run_command, workplace
from tests.benchmarks.sides import DLRUN

RUNS = 10_000
GOAL = 2.0  # seconds on a machine with two cores
SETTLED = 2.5  # seconds after which ls remembers what it read
COMMANDS = {
    "the first time": ["ls"],
    "again": ["ls"],
    "the best five": ["ls", "metrics.loss<100", "--sort", "metrics.loss", "-n", "5"],
    "by a setting": ["ls", "fit.epochs>=2", "-n", "5"],
}


def measure_listing(case: Case, table: Path, repeats: int) -> Result:
    """Train a run, copy it 10,000 times, and list the copies."""
    result: Result = {"about": f"`dlrun ls` of {RUNS:,} runs", "status": DONE, "message": ""}
    taken: dict[str, list[Measured]] = {name: [] for name in COMMANDS}
    with workplace() as folder:
        try:
            _make_runs(case, table, folder)
            for turn in range(repeats):
                (folder / "many" / ".runs.json").unlink(missing_ok=True)
                for name, arguments in COMMANDS.items():
                    taken[name].append(run_command(_listing(arguments), folder))
                    say(f"ls {turn + 1}/{repeats} {name}: {taken[name][-1].seconds:.2f} s")
        except CommandError as error:
            return result | {"status": FAILED, "message": str(error)}
    result["commands"] = {f"ls, {name}": _figures(runs) for name, runs in taken.items()}
    return result


def _listing(arguments: Sequence[str]) -> list[str]:
    return [*DLRUN, *arguments, "--runs-dir", "many"]


def _make_runs(case: Case, table: Path, folder: Path) -> None:
    run_command([*DLRUN, "train", str(case.config), f'data.source="{table}"', "fit.epochs=2", "--quiet"], folder)
    (record,) = (folder / "runs").glob("*/run.json")
    content = record.read_bytes()
    for number in range(RUNS):
        copy = folder / "many" / f"copy-{number:05d}"
        copy.mkdir(parents=True)
        (copy / "run.json").write_bytes(content)
    time.sleep(SETTLED)


def _figures(runs: Sequence[Measured]) -> Result:
    seconds = median(run.seconds for run in runs)
    figures: Result = {"seconds": seconds, "peak_bytes": median(run.peak_bytes for run in runs), "goal": GOAL}
    return figures | {"samples": [run.seconds for run in runs], "held": seconds is not None and seconds <= GOAL}
