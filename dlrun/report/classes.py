"""A class target looked at closely: report, confusion matrix, ROC, precision and recall, calibration, threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlrun.evaluation.calibration import class_calibration
from dlrun.evaluation.reports import class_report
from dlrun.evaluation.threshold import threshold_curve
from dlrun.metrics_file import load_threshold
from dlrun.plots.curves import Curve, Series, curves_of, series_of
from dlrun.plots.results import Classes, classes_of, judged_part, parts_of
from dlrun.plots.style import COLOURS, number
from dlrun.ranking import average_precision, precision_recall_curve, roc_auc, roc_curve
from dlrun.report.charts import Chart, Line, Mark, sorted_line
from dlrun.report.section import Source

Array = np.ndarray[Any, Any]

_MOST_CLASSES = 25  # of a confusion matrix that can be read
_SHADES = 10
_PARTS = {"training": "train"}


def class_target(source: Source, target: str) -> dict[str, Any]:
    """Return what the template shows of a class target."""
    part = judged_part(source.dir)
    classes = classes_of(source.dir, target, part)
    if not len(classes.actual):
        return {"name": target, "report": None, "matrix": None, "charts": []}
    report = class_report(classes.actual, classes.predicted, classes.labels)
    return {
        "name": target,
        "part": part,
        "report": report,
        "matrix": _matrix(report) if len(classes.labels) <= _MOST_CLASSES else None,
        "charts": _charts(source, target, classes) if classes.probabilities is not None else [],
    }


def _matrix(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of the confusion matrix; a cell's shade is its share of the line."""
    lines = []
    for i, counts in enumerate(report["confusion_matrix"]):
        total = max(sum(counts), 1)
        cells = [{"n": n, "shade": round(_SHADES * n / total), "right": i == j} for j, n in enumerate(counts)]
        lines.append({"label": report["labels"][i], "cells": cells, "total": sum(counts)})
    return lines


def _charts(source: Source, target: str, classes: Classes) -> list[Chart]:
    series, words = series_of([source.dir], target)
    charts = [roc_chart(series, words), precision_recall_chart(series, words), _calibration(source, target)]
    if len(classes.labels) == 2:
        charts.append(_threshold(source, target))
    return [chart for chart in charts if chart.lines]


def roc_chart(series: Sequence[Series], words: str, colours: Sequence[str] = ()) -> Chart:
    """Return the ROC curves.

    Args:
        series: What each is made from.
        words: What they are.
        colours: That of each; default: by part or class.
    """

    def compute(one: Series) -> Curve:
        x, y = roc_curve(one.positive, one.probability)
        return Curve(one, x, y, roc_auc(one.positive, one.probability))

    lines = _lines(series, compute, "AUC", colours)
    return Chart("ROC curve", "false positive rate", "recall", lines, _text("ROC curve", words, lines), shape="square",
                 diagonal=True)  # fmt: skip


def precision_recall_chart(series: Sequence[Series], words: str, colours: Sequence[str] = ()) -> Chart:
    """Return the curves of precision and recall; the arguments are those of `roc_chart`."""

    def compute(one: Series) -> Curve:
        precision, recall = precision_recall_curve(one.positive, one.probability)
        return Curve(one, recall[::-1], precision[::-1], average_precision(one.positive, one.probability))

    lines = _lines(series, compute, "AP", colours)
    title = "Precision and recall"
    return Chart(title, "recall", "precision", lines, _text(title, words, lines), shape="square")


def _lines(
    series: Sequence[Series], compute: Callable[[Series], Curve], area: str, colours: Sequence[str]
) -> list[Line]:
    known = {one.label: colour for one, colour in zip(series, colours, strict=bool(colours))} if colours else {}
    return [
        Line(f"{one.series.label or 'other class'} · {area} {number(one.area)}",
             known.get(one.series.label) or _colour(one.series, i), one.x, one.y)
        for i, one in enumerate(curves_of(series, compute))
    ]  # fmt: skip


def _colour(series: Series, place: int) -> str:
    part = _PARTS.get(series.label, series.label)
    if part in ("train", "validation", "test"):
        return part
    return str(COLOURS.index(series.colour)) if series.colour in COLOURS else "muted"


def _calibration(source: Source, target: str) -> Chart:
    lines = []
    for part in parts_of(source.dir):
        classes = classes_of(source.dir, target, part)
        if classes.probabilities is None or not len(classes.actual):
            continue
        known = np.isfinite(classes.probabilities).all(axis=1)
        found = class_calibration(classes.actual[known], classes.probabilities[known])
        label = f"{'training' if part == 'train' else part} · ECE {number(found.error)}"
        lines.append(sorted_line(label, part, found.told, found.came))
    text = _text("Calibration", "How often what was told with a probability came true", lines)
    return Chart("Calibration", "probability told", "share that came true", lines, text, shape="square", diagonal=True)


def _threshold(source: Source, target: str) -> Chart:
    """Return the scores by threshold on the validation rows, by which it is to be chosen."""
    parts = parts_of(source.dir)
    part = "validation" if "validation" in parts else parts[-1]
    classes = classes_of(source.dir, target, part)
    title = f"Scores by threshold, on the {part} rows"
    if classes.probabilities is None or not len(classes.actual):
        return Chart(title, "threshold", "score", [])
    curve = threshold_curve(classes.actual == 1, classes.probabilities[:, 1])
    names = ("precision", "recall", "f1", "accuracy")
    lines = [Line(name.replace("f1", "F1"), str(i), curve.thresholds, curve.scores[name]) for i, name in
             enumerate(names)]  # fmt: skip
    best, value = curve.best("f1")
    now = load_threshold(source.dir, source.config)
    marks = [Mark(best, f"best F1 {number(value)} at {number(best)}")]
    marks += [Mark(now, f"now {number(now)}")] if abs(now - best) > 0.02 else []
    text = f"{title}. F1 is highest, {number(value)}, at a threshold of {number(best)}; the run's is {number(now)}."
    return Chart(title, "threshold", "score", lines, text, marks, shape="square")


def _text(title: str, words: str, lines: Sequence[Line]) -> str:
    return f"{title}. {words}: {', '.join(line.label for line in lines)}."
