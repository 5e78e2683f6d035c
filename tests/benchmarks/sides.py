"""A case done by its script, and by dlrun."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.arithmetic import later_epochs
from tests.benchmarks.cases import Case
from tests.benchmarks.measure import CommandError, HistoryWatch, run_command, workplace

DLRUN = (sys.executable, "-m", "dlrun")
SIDES = ("script", "dlrun")


class NotSupportedError(Exception):
    """This version of dlrun refuses the config; the message is dlrun's own."""


class DifferentWorkError(Exception):
    """Script and dlrun did not do the same, so their times say nothing."""


@dataclass(frozen=True)
class Sample:
    """One run of one side; times in seconds.

    Attributes:
        whole: The whole command.
        first_epoch: From the command's start to the end of the first epoch.
        epoch: Median of the epochs after the first, each with its validation.
        peak_bytes: The most memory that was resident.
        parameters: Of the network.
        rows: In each part.
        scores: On the test rows, in the target's units.
    """

    whole: float
    first_epoch: float | None
    epoch: float | None
    peak_bytes: int
    parameters: int
    rows: Mapping[str, int]
    scores: Mapping[str, float | None]


def run_side(side: str, case: Case, table: Path) -> Sample:
    """Run a case once in a fresh process and a fresh folder."""
    return run_script(case, table) if side == "script" else run_dlrun(case, table)


def run_script(case: Case, table: Path) -> Sample:
    """Run the hand-written script."""
    with workplace() as folder:
        result = folder / "result.json"
        command = [sys.executable, str(case.script), str(table)]
        measured = run_command(command, folder, {"BENCHMARK_RESULT": str(result)})
        told = json.loads(result.read_text())
    return Sample(
        whole=measured.seconds,
        first_epoch=told["first_epoch_end"] - measured.started,
        epoch=later_epochs(told["epoch_seconds"]),
        peak_bytes=measured.peak_bytes,
        parameters=told["parameters"],
        rows=told["rows"],
        scores=told["scores"],
    )


def run_dlrun(case: Case, table: Path) -> Sample:
    """Run `dlrun train` on the case's config.

    Raises:
        NotSupportedError: If dlrun says that the config is wrong.
    """
    with workplace() as folder:
        runs = folder / "runs"
        command = [*DLRUN, "train", str(case.config), source_of(table), "--runs-dir", str(runs)]
        with HistoryWatch(lambda: next(runs.glob("*/history.csv"), None)) as watch, _refusals():
            measured = run_command(command, folder)
        run_dir = next(runs.iterdir())
        metrics = json.loads((run_dir / "metrics.json").read_text(encoding="utf-8"))
        record = json.loads((run_dir / "run.json").read_text(encoding="utf-8"))
    told = record.get("epoch_seconds")  # dlrun's own measurement, finer than what can be seen from outside
    return Sample(
        whole=measured.seconds,
        first_epoch=watch.first_epoch_end - measured.started if watch.first_epoch_end else None,
        epoch=later_epochs(told) if told else watch.epoch,
        peak_bytes=measured.peak_bytes,
        parameters=metrics["parameters"],
        rows=metrics["rows"],
        scores=metrics["test"],
    )


def check_supported(case: Case, table: Path) -> None:
    """Ask `dlrun check`, which answers at once.

    Raises:
        NotSupportedError: If it refuses the config.
    """
    with workplace() as folder, _refusals():
        run_command([*DLRUN, "check", str(case.config), source_of(table)], folder)


def require_same_work(script: Sample, dlrun: Sample) -> None:
    """Compare what was trained.

    Raises:
        DifferentWorkError: If the networks' sizes or the parts' rows differ, or dlrun lacks the script's score.
    """
    found = {"parameters": (script.parameters, dlrun.parameters)}
    found |= {f"{part} rows": (rows, dlrun.rows.get(part)) for part, rows in script.rows.items()}
    found |= {name: (name, name if name in dlrun.scores else None) for name in script.scores}
    different = [f"{what}: script {ours}, dlrun {theirs}" for what, (ours, theirs) in found.items() if ours != theirs]
    if different:
        raise DifferentWorkError("; ".join(different))


def source_of(table: Path) -> str:
    """Return the change of a config that puts a table in its place."""
    return f"data.source={json.dumps(str(table))}"


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        if error.exit_code == 2:  # dlrun's code for a config that it does not accept
            raise NotSupportedError(error.output.strip()) from error
        raise


def as_json(sample: Sample) -> dict[str, Any]:
    """Return a sample as plain values."""
    return {**vars(sample), "rows": dict(sample.rows), "scores": dict(sample.scores)}
