"""What it costs to ask dlrun something before any training."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.arithmetic import median
from tests.benchmarks.cases import Case
from tests.benchmarks.compare import DONE, FAILED, Result, say
from tests.benchmarks.measure import CommandError, Measured, run_command, workplace
from tests.benchmarks.sides import DLRUN

GOALS = {"dlrun --help": 0.3, "dlrun check": 0.5}  # seconds on a machine with two cores


def measure_start(case: Case, table: Path, repeats: int) -> Result:
    """Measure the quick commands, and what Python and Keras alone take."""
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "import keras": [sys.executable, "-c", "import keras"],
        "dlrun --help": [*DLRUN, "--help"],
        "dlrun check": [*DLRUN, "check", str(case.config), f'data.source="{table}"'],
    }
    result: Result = {"about": "quick commands, beside Python and Keras alone", "status": DONE, "message": ""}
    taken: dict[str, list[Measured]] = {name: [] for name in commands}
    for turn in range(repeats):
        for name, command in commands.items():
            try:
                taken[name].append(_run(command))
            except CommandError as error:
                return result | {"status": FAILED, "message": str(error)}
            say(f"start {turn + 1}/{repeats} {name}: {taken[name][-1].seconds:.2f} s")
    result["commands"] = {name: _figures(name, runs) for name, runs in taken.items()}
    return result


def _run(command: Sequence[str]) -> Measured:
    with workplace() as folder:
        return run_command(command, folder)


def _figures(name: str, runs: Sequence[Measured]) -> Result:
    seconds = median(run.seconds for run in runs)
    figures: Result = {
        "seconds": seconds,
        "peak_bytes": median(run.peak_bytes for run in runs),
        "samples": [run.seconds for run in runs],
    }
    if name in GOALS and seconds is not None:
        figures |= {"goal": GOALS[name], "held": seconds <= GOALS[name]}
    return figures
