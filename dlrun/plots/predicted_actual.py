"""Predicted against actual values: a good model's points lie on the diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlrun.plots.points import point_targets, points_of, scatter, solid, where
from dlrun.plots.style import MUTED, finish, new_figure, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir


def applies(run: RunDir) -> bool:
    """Tell whether the run predicts numbers."""
    return bool(point_targets([run]))


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw one figure for each regression target."""
    return {target: _draw_target(runs, target) for target in point_targets(runs)}


def _draw_target(runs: Sequence[RunDir], target: str) -> Figure:
    series = points_of(runs, target)
    figure = new_figure(5.6, 5.8)
    axes = figure.add_subplot()
    low = min(float(min(points.values.actual.min(), points.values.predicted.min())) for points in series)
    high = max(float(max(points.values.actual.max(), points.values.predicted.max())) for points in series)
    margin = 0.04 * (high - low) or 1.0
    limits = (low - margin, high + margin)
    axes.plot(limits, limits, color=MUTED, linewidth=1, linestyle=(0, (4, 2)), label="predicted = actual")
    for points in series:
        label = f"{points.label}   {points.scores}".rstrip()
        scatter(axes, points.values.actual, points.values.predicted, points, label)
    axes.set_xlim(limits)
    axes.set_ylim(limits)
    axes.set_aspect("equal")
    axes.set_xlabel(f"actual {shorten(target)}")
    axes.set_ylabel(f"predicted {shorten(target)}")
    solid(axes.legend(loc="upper left"))
    return finish(figure, f"Predicted against actual {shorten(target)}", where(series))
