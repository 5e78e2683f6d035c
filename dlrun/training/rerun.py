"""Repeating a run from its own record, and whether the same bits come out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlrun.errors import Problem, RunError
from dlrun.files import sha256_of
from dlrun.run_dir import RunDir
from dlrun.training.arrays import weights_of
from dlrun.training.experiment import differences, read_experiment
from dlrun.training.progress import SILENT, Progress
from dlrun.training.run import Run
from dlrun.training.train import train

RESULTS = ("checkpoints/final.npz", "history.csv", "predictions.csv", "metrics.json")


@dataclass(frozen=True)
class Rerun:
    """A run and its repetition.

    Args:
        before: The run.
        run: The repetition, a run of its own.
        differing: The result files that are not the same, bit for bit; empty if all are.
        changes: What differs in config, data, code or environment, a clause each.
    """

    before: RunDir
    run: Run
    differing: tuple[str, ...]
    changes: tuple[str, ...]

    @property
    def same_weights(self) -> bool:
        """Whether the weights agree bit for bit."""
        return RESULTS[0] not in self.differing

    @property
    def verdict(self) -> list[str]:
        """What to say about it, a sentence each."""
        told = [f"{change}." for change in self.changes]
        if not self.differing:
            return [*told, f"The same bits: weights, history, predictions and scores are those of {self.before.name}."]
        if self.same_weights:
            return [*told, f"The same weights, bit for bit; but {', '.join(self.differing)} differ."]
        why = "What changed is listed above" if told else "Nothing that dlrun records has changed"
        return [*told, f"Other weights than those of {self.before.name}. {why}."]


def rerun(
    which: str | Path | None = None,
    *,
    runs_dir: str | Path = "runs",
    progress: Progress = SILENT,
    trust: bool = False,
) -> Rerun:
    """Train again what a run's record says, as a new run, and compare.

    Args:
        which: A path, a name, or None for the latest.
        runs_dir: Where names are looked up, and where the new run goes.
        progress: Hears how it goes.
        trust: Whether the run's own code may run.

    Raises:
        RunError: If the run is not finished, or was damaged.
    """
    from dlrun.config.resolved import as_run_errors, load_resolved

    before = RunDir.find(which, Path(runs_dir))
    if before.state != "finished":
        raise RunError(Problem(f"{before.name} is {before.state}, not finished", f"dlrun resume {before.name}"))
    before.verify(before.resolved, before.experiment, *RESULTS)
    begun = read_experiment(before)
    config = load_resolved(before.resolved, trust=trust)
    with as_run_errors(), weights_of(before, config):
        run = train(config, runs_dir=runs_dir, progress=progress, trust=trust)
    changes = differences(begun, run.dir.read_json(run.dir.experiment))
    differing = (name for name in RESULTS if sha256_of(before.path / name) != sha256_of(run.dir.path / name))
    return Rerun(before, run, tuple(differing), tuple(changes))
