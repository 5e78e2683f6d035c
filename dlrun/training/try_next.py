"""Trying the next experiment: train it, and say whether it helped, on the same rows and not fooled by noise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dlrun.errors import DivergedError
from dlrun.evaluation.paired import Difference, paired_difference
from dlrun.run_dir import RunDir
from dlrun.training.data_file import rows_of
from dlrun.training.diagnose import diagnose, open_run
from dlrun.training.progress import SILENT, Progress
from dlrun.training.train import train

if TYPE_CHECKING:
    from dlrun.evaluation.diagnosis.verdict import Diagnosis, Verdict
    from dlrun.training.next_config import NextConfig
    from dlrun.training.run import Run

Helped = Literal["yes", "no", "within_noise"]
_OF_ROWS = ("leak", "bad_validation")  # mended by other rows or columns: an honest score may well be lower


@dataclass(frozen=True)
class Trial:
    """What came of a change.

    Args:
        before: The run that was diagnosed.
        after: The run with the change.
        file: Its config.
        verdict: What was to be mended.
        diagnosis: That of the new run.
        part: The part that was compared; empty where the rows are others, or there is nothing to compare.
        differences: Its scores, before and after.
    """

    before: RunDir
    after: RunDir
    file: Path
    verdict: Verdict
    diagnosis: Diagnosis
    part: str = ""
    differences: tuple[Difference, ...] = ()

    @property
    def mended(self) -> bool:
        """Whether the verdict is not given any more."""
        return self.verdict.name not in [verdict.name for verdict in self.diagnosis.verdicts]

    @property
    def helped(self) -> Helped:
        """Whether scores are better beyond noise; where they cannot be compared, whether the verdict is gone."""
        if self.verdict.name in _OF_ROWS or not self.differences:
            return "yes" if self.mended else "no"
        outcomes = {difference.outcome for difference in self.differences}
        if outcomes == {"noise"} or {"better", "worse"} <= outcomes:
            return "within_noise"
        return "no" if "worse" in outcomes else "yes"


def try_next(
    run: Run, following: NextConfig, *, runs_dir: str | Path = "runs", progress: Progress = SILENT, trust: bool = False
) -> Trial:
    """Train the next config, and compare it with the run that it comes from.

    Args:
        run: The run.
        following: From `write_next`.
        runs_dir: Where the new run goes.
        progress: Hears how it goes.
        trust: Whether the config's own code may run.
    """
    try:
        folder = train(following.config, runs_dir=runs_dir, progress=progress, trust=trust).dir
    except DivergedError:
        folder = RunDir.find(following.config.name, Path(runs_dir))
    after = open_run(folder.path, trust=trust)
    found = diagnose(after)
    part, differences = compared(run.dir, folder, following.verdict.name)
    return Trial(run.dir, folder, following.file, following.verdict, found, part, differences)


def compared(before: RunDir, after: RunDir, verdict: str) -> tuple[str, tuple[Difference, ...]]:
    """Return the part that both runs were scored on, and how its scores differ; "" where the rows are others."""
    from dlrun.plots.results import class_targets, classes_of, judged_part, number_targets, numbers_of

    if not all(run.has(run.predictions) and run.has(run.metrics) for run in (before, after)):
        return "", ()
    part = judged_part(before)
    if judged_part(after) != part or rows_of(before, part) is None or rows_of(before, part) != rows_of(after, part):
        return "", ()
    block = _block(before)
    found = []
    for target in [t for t in number_targets(before) if t in number_targets(after)]:
        one, two = (numbers_of(run, target, part) for run in (before, after))
        if len(one.actual) != len(two.actual) or (one.actual != two.actual).any():
            return "", ()
        found += [paired_difference(m, one.actual, one.predicted, two.predicted, block=block) for m in ("rmse", "mae")]
    for target in [t for t in class_targets(before) if t in class_targets(after)]:
        first, second = (classes_of(run, target, part) for run in (before, after))
        if first.labels != second.labels or len(first.actual) != len(second.actual) or not len(first.actual):
            return "", ()
        metric = "macro_f1" if verdict == "class_collapse" else "accuracy"
        found.append(paired_difference(metric, first.actual, first.predicted, second.predicted, block=block))
        if verdict != "class_collapse" and first.probabilities is not None and second.probabilities is not None:
            found.append(
                paired_difference("log_loss", first.actual, first.probabilities, second.probabilities, block=block)
            )
    return part, tuple(found)


def _block(run: RunDir) -> int:
    """Return how many rows are drawn together: those of a series are not independent (n**(1/3), Künsch 1989)."""
    record = run.read_json(run.metrics)
    is_series = "last_value" in next(iter((record.get("baseline") or {}).values()), {})
    return round(max((record.get("rows") or {}).values()) ** (1 / 3)) if is_series else 1
