"""Ten seeds of one config: one `dlrun train --seeds 10` against ten commands, one after the other."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.arithmetic import median, ratio
from tests.benchmarks.cases import Case
from tests.benchmarks.compare import DONE, FAILED, Result, say
from tests.benchmarks.measure import CommandError, Measured, run_command, workplace
from tests.benchmarks.sides import DLRUN, source_of

COUNT = 10
APART, TOGETHER = f"{COUNT} commands", f"--seeds {COUNT}"
GOAL = 4.0  # times as fast


def measure_seeds(case: Case, table: Path, repeats: int) -> Result:
    """Measure both in turn."""
    result: Result = {"about": f"{COUNT} seeds of the case {case.name}", "status": DONE, "message": ""}
    taken: dict[str, list[tuple[float, int]]] = {APART: [], TOGETHER: []}
    for turn in range(repeats):
        for name in (APART, TOGETHER) if turn % 2 == 0 else (TOGETHER, APART):
            try:
                taken[name].append(_apart(case, table) if name == APART else _together(case, table))
            except CommandError as error:
                return result | {"status": FAILED, "message": str(error)}
            say(f"seeds {turn + 1}/{repeats} {name}: {taken[name][-1][0]:.1f} s")
    return result | {"commands": figures_of_seeds(taken)}


def figures_of_seeds(taken: dict[str, list[tuple[float, int]]]) -> dict[str, Result]:
    """Return the medians of seconds and bytes for both, and whether the goal is held: a quarter of the time.

    Args:
        taken: Seconds and peak bytes of every turn.
    """
    figures: dict[str, Result] = {
        name: {
            "seconds": median(seconds for seconds, _ in turns),
            "peak_bytes": median(peak for _, peak in turns),
            "samples": [seconds for seconds, _ in turns],
        }
        for name, turns in taken.items()
    }
    apart, together = figures[APART]["seconds"], figures[TOGETHER]["seconds"]
    figures[TOGETHER] |= {"goal": apart / GOAL, "held": together <= apart / GOAL, "ratio": ratio(apart, together)}
    return figures


def _apart(case: Case, table: Path) -> tuple[float, int]:
    runs = [_train(case, table, f"seed={seed}") for seed in range(COUNT)]
    return sum(run.seconds for run in runs), max(run.peak_bytes for run in runs)


def _together(case: Case, table: Path) -> tuple[float, int]:
    run = _train(case, table, "--seeds", str(COUNT))
    return run.seconds, run.peak_bytes


def _train(case: Case, table: Path, *changes: str) -> Measured:
    with workplace() as folder:
        command = [*DLRUN, "train", str(case.config), source_of(table), *changes, "--quiet", "--runs-dir", "runs"]
        return run_command(command, folder)
