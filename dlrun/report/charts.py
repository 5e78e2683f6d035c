"""Interactive charts: what the page's script is told of them. They are drawn by uPlot, which the page carries."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]

MOST_POINTS = 1500  # of a line; a screen has no more columns


@dataclass(frozen=True)
class Line:
    """A line, or a cloud of points.

    Args:
        label: Its name in the legend.
        colour: A colour of the page: "train", "validation", "test", "muted", "ink" or a number "0" to "9".
        x: Sorted, `(num_points,)`: numbers, or datetime64.
        y: `(num_points,)`; NaN where there is no value.
        dashed: Whether it is drawn in dashes.
        points: Whether it is points rather than a line.
        thin: Whether it is drawn thin and faint, behind the others.
        group: Lines of the same group, if any, share the legend's entry of the first, which shows and hides them all.
        role: Lines of a role may be shown and hidden by the page's switches: "training", "seed".
    """

    label: str
    colour: str
    x: Array
    y: Array
    dashed: bool = False
    points: bool = False
    thin: bool = False
    group: str = ""
    role: str = ""


@dataclass(frozen=True)
class Mark:
    """A vertical line at a place of the x axis, with a word beside it."""

    x: float
    label: str


@dataclass(frozen=True)
class Chart:
    """A chart.

    Args:
        title: What stands above it.
        x_label: Of the x axis.
        y_label: Of the y axis.
        lines: What is drawn.
        text: What it shows, in words, for those who cannot see it.
        marks: Places of the x axis that count.
        log: Whether the y axis is logarithmic.
        sync: Charts of the same name move their crosshairs together.
        shape: "wide", "half" or "square".
        diagonal: Whether the line x = y is drawn.
        whole: Whether x counts whole things, such as epochs.
    """

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    text: str = ""
    marks: Sequence[Mark] = ()
    log: bool = False
    sync: str = ""
    shape: Literal["wide", "half", "square"] = "half"
    diagonal: bool = False
    whole: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what the page's script reads."""
        return {
            "x": self.x_label,
            "y": self.y_label,
            "time": any(line.x.dtype.kind == "M" for line in self.lines),
            "log": self.log,
            "sync": self.sync,
            "shape": self.shape,
            "diagonal": self.diagonal,
            "whole": self.whole,
            "marks": [{"x": mark.x, "label": mark.label} for mark in self.marks],
            "lines": [_line(line) for line in self.lines],
        }

    @property
    def described(self) -> str:
        """The chart in words."""
        return self.text or f"{self.title}: {', '.join(line.label for line in self.lines)} by {self.x_label}."


def sorted_line(label: str, colour: str, x: Array, y: Array, **more: Any) -> Line:
    """Return a line through points in any order."""
    order = np.argsort(x, kind="stable")
    return Line(label, colour, x[order], y[order], **more)


def wants_log(lines: Sequence[Line], ratio: float = 100.0) -> bool:
    """Tell whether values spread so far that only a logarithmic axis shows them all."""
    values = np.concatenate([line.y[np.isfinite(line.y)] for line in lines]) if lines else np.empty(0)
    return bool(len(values)) and values.min() > 0 and values.max() / values.min() >= ratio


def _line(line: Line) -> dict[str, Any]:
    places = _thinned(line)
    seconds = line.x.astype("datetime64[ms]").astype(np.float64) / 1000 if line.x.dtype.kind == "M" else line.x
    return {
        "label": line.label,
        "colour": line.colour,
        "dashed": line.dashed,
        "points": line.points,
        "thin": line.thin,
        "group": line.group,
        "role": line.role,
        "x": _numbers(seconds[places]),
        "y": _numbers(line.y[places]),
    }


def _thinned(line: Line) -> Array:
    """Return the positions that are drawn: of many, the lowest and the highest of each stretch, so no peak is lost."""
    count = len(line.x)
    if count <= MOST_POINTS:
        return np.arange(count)
    if line.points:
        return np.unique(np.linspace(0, count - 1, MOST_POINTS).round().astype(np.int64))
    edges = np.linspace(0, count, MOST_POINTS // 2 + 1).astype(np.int64)
    y = np.nan_to_num(line.y.astype(np.float64))
    stretches = itertools.pairwise(edges)
    found = [place for a, b in stretches for place in (a + y[a:b].argmin(), a + y[a:b].argmax())]
    return np.unique([0, *found, count - 1])


def _numbers(values: Array) -> list[float | None]:
    """Return numbers short enough for a page, times whole; None where there is none."""
    return [
        None if not math.isfinite(value) else value if abs(value) >= 1e6 else float(f"{value:.6g}")
        for value in np.asarray(values, np.float64).tolist()
    ]
