"""A finished run looked at closely, as far as it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dlrun.errors import ConfigError, Problem
from dlrun.training.depth.calibration import TargetCalibration, calibration_document, calibrations
from dlrun.training.depth.groups import ColumnGroups, column_groups, group_document
from dlrun.training.depth.importance import Report, TargetImportance, importance_document, importances
from dlrun.training.depth.scored import scored_part
from dlrun.training.depth.threshold import ChosenThreshold, choose_thresholds, threshold_document
from dlrun.training.depth.wishes import Wishes
from dlrun.training.depth.worst import WorstRows, worst_document, worst_rows

if TYPE_CHECKING:
    from dlrun.training.evaluate import Evaluation
    from dlrun.training.results import ScoredParts
    from dlrun.training.run import Run


@dataclass(frozen=True)
class InDepth:
    """What was found; empty what was not asked for.

    Args:
        part: The rows that were looked at.
        is_default_part: Whether they are those that count.
        scores: Their scores, as metrics.json names them.
        classes: The class reports of all parts, a line for each class.
        reports: The class reports of the part, by target.
        thresholds: By target.
        calibrations: By target.
        importances: By target.
        worst: By target.
        groups: By column and target.
    """

    part: str
    is_default_part: bool
    scores: dict[str, Any]
    classes: list[dict[str, Any]] | None = None
    reports: dict[str, Any] = field(default_factory=dict)
    thresholds: list[ChosenThreshold] = field(default_factory=list)
    calibrations: list[TargetCalibration] = field(default_factory=list)
    importances: list[TargetImportance] = field(default_factory=list)
    worst: list[WorstRows] = field(default_factory=list)
    groups: list[ColumnGroups] = field(default_factory=list)

    def whole_score(self, found: ColumnGroups) -> float | None:
        """Return the score of all rows that a column's groups are held against."""
        value = self.scores.get(f"{found.target}.{found.metric}", self.scores.get(found.metric))
        return None if value is None else float(value)


def evaluate_in_depth(run: Run, evaluation: Evaluation, scored: ScoredParts, wishes: Wishes, report: Report) -> InDepth:
    """Look at a scored run.

    Args:
        run: The run.
        evaluation: Its scores.
        scored: The answers that they come of.
        wishes: What to look at; `check_wishes` found nothing wrong with it.
        report: Is told how many of how many steps are done, and what is next.

    Raises:
        ConfigError: If the rows have not what is asked for; what can be told of several columns is told at once.
    """
    rows = scored_part(run, scored, wishes.part)
    groups: list[ColumnGroups] = []
    problems: list[Problem] = []
    for done, column in enumerate(wishes.by):
        report(done, len(wishes.by), f"scoring by {column}")
        try:
            groups += column_groups(rows, column, wishes)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    metric = wishes.best_threshold
    return InDepth(
        part=rows.part,
        is_default_part=rows.part == list(scored.rows)[-1] and rows.part != "new",
        scores=evaluation.scores[rows.part],
        classes=class_lines(evaluation) if wishes.classes else None,
        reports=evaluation.reports.get(rows.part, {}) if wishes.classes else {},
        thresholds=choose_thresholds(run, scored, rows, metric, wishes.costs) if metric is not None else [],
        calibrations=calibrations(rows) if wishes.calibration else [],
        worst=worst_rows(rows, wishes.worst) if wishes.worst else [],
        groups=groups,
        importances=importances(rows, wishes, report) if wishes.importance else [],
    )


def class_lines(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return the class reports as a table: a line for each part, target and class, and for their averages."""
    lines = []
    for part, reports in evaluation.reports.items():
        for target, found in reports.items():
            rows: Sequence[dict[str, Any]] = [
                *({"class": str(row["label"]), **row} for row in found["classes"]),
                {"class": "(mean of the classes)", **found["macro_avg"]},
                {"class": "(weighted by rows)", **found["weighted_avg"]},
            ]
            names = ("class", "precision", "recall", "f1", "support")
            lines += [{"part": part, "target": target, **{name: row[name] for name in names}} for row in rows]
    return lines


def depth_document(found: InDepth) -> dict[str, Any]:
    """Return it as `evaluate --json` prints it, by target."""
    document: dict[str, Any] = {"part": found.part}
    if found.thresholds:
        document["threshold"] = {one.target: threshold_document(one) for one in found.thresholds}
    if found.calibrations:
        document["calibration"] = {one.target: calibration_document(one) for one in found.calibrations}
    if found.importances:
        document["importance"] = {one.target: importance_document(one) for one in found.importances}
    if found.worst:
        document["worst"] = {one.target: worst_document(one) for one in found.worst}
    if found.groups:
        document["by"] = [group_document(one) for one in found.groups]
    return document
