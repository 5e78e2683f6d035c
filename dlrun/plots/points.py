"""What predicted-against-actual and residual plots have in common: whose points are drawn, in which colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.results import Numbers, judged_part, number_targets, numbers_of, part_title, parts_of, scored
from dlrun.plots.style import PART_COLOURS, colours, number, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

    from dlrun.run_dir import RunDir

Array = np.ndarray[Any, Any]

_MOST_POINTS = 2000  # of one series; more cannot be told apart and make an SVG of megabytes
_GREY = "#9AA5B1"


@dataclass(frozen=True)
class Points:
    """A regression target's rows in one colour."""

    label: str
    colour: str
    part: str
    values: Numbers
    scores: str

    @property
    def shown(self) -> Array:
        """Positions of the rows that are drawn, evenly spread over all rows."""
        count = len(self.values.actual)
        return np.unique(np.linspace(0, count - 1, min(count, _MOST_POINTS)).round().astype(np.int64))


def point_targets(runs: Sequence[RunDir]) -> list[str]:
    """Return the regression targets that have rows to draw."""
    targets = dict.fromkeys(target for run in runs for target in number_targets(run))
    return [target for target in targets if points_of(runs, target)]


def points_of(runs: Sequence[RunDir], target: str) -> list[Points]:
    """Return a series for each part of one run, or for the judged part of each of several runs."""
    runs = [run for run in runs if target in number_targets(run)]
    if len(runs) > 1:
        series = [
            _points(run, target, judged_part(run), shorten(run.name, 24), colour)
            for run, colour in zip(runs, colours(len(runs)), strict=True)
        ]
    else:
        series = [
            _points(run, target, part, {"train": "training"}.get(part, part), PART_COLOURS.get(part, _GREY))
            for run in runs
            for part in parts_of(run)
        ]
    return [points for points in series if len(points.values.actual)]


def scatter(axes: Axes, x: Array, y: Array, points: Points, label: str) -> None:
    """Draw the points so that a cloud shows where it is dense."""
    count = len(points.shown)
    alpha, size = (0.8, 22) if count <= 150 else (0.55, 14) if count <= 800 else (0.35, 8)
    axes.scatter(x[points.shown], y[points.shown], s=size, color=points.colour, alpha=alpha, linewidths=0, label=label)


def where(series: Sequence[Points]) -> str:
    """Say which rows are drawn, and whether it is all of them."""
    part = part_title(series[-1].part)
    hidden = any(len(points.shown) < len(points.values.actual) for points in series)
    sample = f"; {_MOST_POINTS:,} points of each series are drawn" if hidden else ""
    rows = sum(len(points.values.actual) for points in series)
    return (f"{rows:,} rows" if len({points.part for points in series}) > 1 else part.capitalize()) + sample


def solid(legend: Legend) -> None:
    """Make the dots of a legend as strong as their colour, even where those of the cloud are faint."""
    for handle in legend.legend_handles:
        if handle is not None and hasattr(handle, "set_sizes"):
            handle.set_alpha(1)
            handle.set_sizes([26])


def _points(run: RunDir, target: str, part: str, label: str, colour: str) -> Points:
    r2, rmse = (scored(run, part, target, name) for name in ("r2", "rmse"))
    texts = [f"{name} {number(value)}" for name, value in (("R²", r2), ("RMSE", rmse)) if value is not None]
    return Points(label, colour, part, numbers_of(run, target, part), "  ".join(texts))
