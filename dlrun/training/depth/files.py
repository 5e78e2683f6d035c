"""The tables and figures that an evaluation in depth leaves in the run folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.evaluation.groups import FEW_ROWS
from dlrun.evaluation.threshold import COST
from dlrun.plots.depth import (
    Bar,
    CalibrationCurve,
    bars_figure,
    calibration_figure,
    groups_figure,
    threshold_figure,
)
from dlrun.plots.write import safe_name, write_figures
from dlrun.spreadsheet import csv_of
from dlrun.training.depth.calibration import TargetCalibration, calibration_rows
from dlrun.training.depth.groups import ColumnGroups, group_rows
from dlrun.training.depth.importance import TargetImportance, importance_rows
from dlrun.training.depth.threshold import ChosenThreshold

if TYPE_CHECKING:
    from dlrun.evaluation.calibration import Calibration
    from dlrun.run_dir import RunDir
    from dlrun.training.depth.evaluate import InDepth

_DRAWN = ("precision", "recall", "specificity", "f1", "balanced_accuracy", "matthews_corrcoef", COST)


def write_depth(run: RunDir, found: InDepth) -> list[Path]:
    """Write the tables into `evaluation/` and the figures into `plots/`, and return the files.

    A file of other rows than the run's own test rows (or whichever count) ends in their name: `importance-train.csv`.

    Raises:
        DiskError: If a file cannot be written.
    """
    files = _Files(run, "" if found.is_default_part else f"-{found.part}")
    if found.classes is not None:
        files.table("classes", found.classes)
    files.each("thresholds", found.thresholds, _threshold_rows, _threshold_figure)
    files.each("calibration", found.calibrations, _calibration_rows, _calibration_figure)
    files.each("importance", found.importances, importance_rows, _importance_figure)
    files.each("worst", found.worst, lambda one: one.frame, None)
    columns = list(dict.fromkeys(one.column for one in found.groups))
    for column, stem in zip(columns, _named("by", columns), strict=True):
        own = [one for one in found.groups if one.column == column]
        files.each(stem, own, group_rows, partial(_groups_figure, found))
    return files.written


class _Files:
    def __init__(self, run: RunDir, suffix: str) -> None:
        self._run = run
        self._suffix = suffix
        self.written: list[Path] = []

    def each(
        self, name: str, found: Sequence[Any], rows: Callable[[Any], Any], figure: Callable[[Any], Any] | None
    ) -> None:
        """Write a table and a figure for each target."""
        for one, stem in zip(found, _stems(name, [one.target for one in found]), strict=True):
            self.table(stem, rows(one))
            if figure is not None:
                draw = partial(figure, one)
                self.written += write_figures(self._run, stem + self._suffix, {"": draw})

    def table(self, stem: str, rows: Any) -> None:
        import pandas as pd

        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
        path = self._run.evaluation / f"{stem}{self._suffix}.csv"
        self.written.append(self._run.write_text(path, csv_of(frame)))


def _stems(name: str, targets: Sequence[str]) -> list[str]:
    """Return files' names, no two the same: `worst`, with several targets `worst-price`."""
    return _named(name, targets) if len(targets) > 1 else [name for _ in targets]


def _named(name: str, after: Sequence[str]) -> list[str]:
    """Return a file's name for each, no two the same, be it in capital letters only."""
    stems: list[str] = []
    for one in after:
        stem = base = f"{name}-{safe_name(one)}"
        count = 2
        while stem.lower() in (other.lower() for other in stems):  # one file on some disks
            stem, count = f"{base}-{count}", count + 1
        stems.append(stem)
    return stems


def _threshold_rows(one: ChosenThreshold) -> Mapping[str, Any]:
    return {"threshold": one.curve.thresholds, **one.curve.scores}


def _threshold_figure(one: ChosenThreshold) -> Any:
    names = dict.fromkeys([*(name for name in _DRAWN if name in one.curve.scores), one.metric])
    scores = {name: one.curve.scores[name] for name in names}
    words = f"{one.chosen_on:,} validation rows; positive: {one.positive}; best {one.metric} {one.value:.3g}"
    title = f"Scores of {one.target} by threshold"
    return threshold_figure(one.curve.thresholds, scores, one.threshold, one.before, title, words)


def _calibration_rows(one: TargetCalibration) -> list[dict[str, Any]]:
    rows = calibration_rows(one.curve, about=one.about)
    return [*rows, *(row for name, curve in one.classes.items() for row in calibration_rows(curve, about=name))]


def _calibration_figure(one: TargetCalibration) -> Any:
    words = (
        f"{int(one.curve.rows.sum()):,} {one.part} rows; expected calibration error {one.curve.error:.3g} "
        f"(by chance up to {one.by_chance:.3g}); bars: 95 % intervals"
    )
    classes = [_curve(name, curve) for name, curve in one.classes.items()]
    axis = f"probability told of {one.about}"
    return calibration_figure(_curve(one.about, one.curve), classes, f"Calibration of {one.target}", words, axis)


def _curve(label: str, curve: Calibration) -> CalibrationCurve:
    return CalibrationCurve(label, curve.told, curve.came, *curve.shares(), curve.rows)


def _importance_figure(one: TargetImportance) -> Any:
    bars = [_bar(column.column, column.mean, column.between, "", column.is_needed) for column in one.columns]
    units = "windows" if one.windows else "rows"
    words = (
        f"{one.rows:,} {one.part} {units}, each column shuffled {one.repeats} times; lines: 95 % intervals; "
        "grey: not more than chance"
    )
    axis = f"how much worse {one.metric} becomes (now {one.base:.4g})"
    return bars_figure(bars, f"What the network needs to predict {one.target}", words, axis)


def _bar(label: str, value: float | None, between: tuple[float, float] | None, note: str, strong: bool) -> Bar:
    low, high = between or (None, None)
    return Bar(label, value, low, high, note, strong)


def _groups_figure(found: InDepth, one: ColumnGroups) -> Any:
    bars = [
        _bar(group.label, group.score, group.between, f"{group.rows:,} rows", not group.is_small)
        for group in one.groups
    ]
    words = f"{one.part} rows; lines: 95 % intervals; dashed: all rows; grey: fewer than {FEW_ROWS} rows"
    whole = found.whole_score(one)
    return groups_figure(bars, f"{one.metric} of {one.target} by {one.column}", words, one.metric, whole)
