"""Whether a network is worse for some rows than for others, by a column that it need not even know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.evaluation.groups import FEW_ROWS, OTHERS, GroupScore, groups_of, score_groups
from dlrun.evaluation.scores import better_or_worse
from dlrun.training.depth.scored import ScoredPart, Target
from dlrun.training.depth.wishes import Wishes, metric_for

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ColumnGroups:
    """The scores of a target by the values of a column.

    Args:
        target: The column that is predicted.
        column: The column that makes the groups.
        part: The rows.
        metric: The score.
        groups: The groups.
        is_feature: Whether the network knows the column.
    """

    target: str
    column: str
    part: str
    metric: str
    groups: list[GroupScore]
    is_feature: bool

    @property
    def reading(self) -> list[str]:
        """What it means, in whole sentences."""
        said = []
        different = [group for group in self.groups if group.is_different and not group.is_small]
        worse = [g for g in different if better_or_worse(self.metric, g.difference or 0.0) == "worse"]
        if worse:
            names = ", ".join(f"'{group.label}'" for group in worse)
            said.append(f"Worse than for the rest by more than chance: {names}.")
        elif different:
            names = ", ".join(f"'{group.label}'" for group in different)
            said.append(f"No group is worse than the rest by more than chance; better is {names}.")
        else:
            said.append("No group differs from the rest by more than chance.")
        if len(self.groups) > 5:
            said.append(f"Of {len(self.groups)} such differences one in twenty lies outside its interval by chance.")
        small = [group.label for group in self.groups if group.is_small]
        if small:
            names = ", ".join(f"'{label}'" for label in small[:5]) + (", ..." if len(small) > 5 else "")
            said.append(f"Fewer than {FEW_ROWS} rows, which tell little: {names}.")
        return said


def column_groups(rows: ScoredPart, column: str, wishes: Wishes) -> list[ColumnGroups]:
    """Score every target by the values of a column.

    Args:
        rows: The rows.
        column: Any column of the prepared table, a feature or not.
        wishes: By which metric, in how many bins.

    Raises:
        ConfigError: If there is no such column, or it makes no groups.
    """
    coded = rows.run.preprocessor.kinds.get(column) == "categorical"
    groups = groups_of(_column(rows, column), wishes.bins, coded=coded)
    if len(groups) < 2:
        what = f"all of {rows.words} are '{groups[0].label}' in '{column}'" if groups else f"{rows.words} are none"
        raise ConfigError(Problem(what, "There is nothing to compare.", f"--by {column}"))
    others = next((group for group in groups if group.label == OTHERS), None)
    if others is not None and max(len(group.rows) for group in groups if group is not others) < 2:
        what = f"'{column}' has another value in each of {rows.words}: that makes no groups"
        raise ConfigError(Problem(what, "Take a column whose values come again, or a number.", f"--by {column}"))
    return [_of(rows, target, column, groups, wishes) for target in rows.targets]


def _column(rows: ScoredPart, column: str) -> pd.Series:
    frame = rows.label_frame()
    if column in frame:
        return frame[column]
    from dlrun.data.table import Table

    table = rows.rows if isinstance(rows.rows, Table) else rows.rows.series.table
    if column in table.tensors:
        raise ConfigError(Problem(f"'{column}' holds arrays, which make no groups", "", f"--by {column}"))
    names = [str(name) for name in frame.columns]
    fix = did_you_mean(column, names) or f"There are: {', '.join(names[:30])}{', ...' if len(names) > 30 else ''}."
    raise ConfigError(Problem(f"there is no column '{column}' after data.prepare", fix, f"--by {column}"))


def _of(rows: ScoredPart, target: Target, column: str, groups: Sequence[Any], wishes: Wishes) -> ColumnGroups:
    truth, answer = rows.of(target)
    metric = metric_for(target.head, wishes)
    found = score_groups(
        target.head, target.place, truth, answer, groups, metric,
        threshold=rows.run.threshold, horizon=rows.horizon,
    )  # fmt: skip
    return ColumnGroups(target.name, column, rows.part, metric, found, column in rows.run.preprocessor.features)


def group_rows(found: ColumnGroups) -> list[dict[str, Any]]:
    """Return a line for each group: its score and the score's interval, the difference from the rest and its."""
    lines = []
    for group in found.groups:
        low, high = group.between or (None, None)
        start, end = group.difference_between or (None, None)
        lines.append({
            "column": found.column, "group": group.label, "rows": group.rows, "metric": found.metric,
            "score": group.score, "low": low, "high": high,
            "difference": group.difference, "difference_low": start, "difference_high": end,
        })  # fmt: skip
    return lines


def group_document(found: ColumnGroups) -> dict[str, Any]:
    """Return it as JSON values."""
    return {
        "target": found.target,
        "column": found.column,
        "is_feature": found.is_feature,
        "part": found.part,
        "metric": found.metric,
        "groups": group_rows(found),
        "reading": found.reading,
    }
