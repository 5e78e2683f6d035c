"""Residuals (actual minus predicted): a good model leaves a cloud around 0 without a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.points import Points, point_targets, points_of, scatter, solid, where
from dlrun.plots.style import MUTED, PART_COLOURS, finish, new_figure, number, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir


def applies(run: RunDir) -> bool:
    """Tell whether the run predicts numbers."""
    return bool(point_targets([run]))


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw one figure for each regression target: residuals against predictions, and how they are distributed."""
    return {target: _draw_target(runs, target) for target in point_targets(runs)}


def _draw_target(runs: Sequence[RunDir], target: str) -> Figure:
    series = points_of(runs, target)
    figure = new_figure(7.6, 4.4)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2.3, 1))
    left.axhline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
    for points in series:
        scatter(left, points.values.predicted, residuals_of(points), points, points.label)
    left.set_xlabel(f"predicted {shorten(target)}")
    left.set_ylabel(f"actual − predicted {shorten(target)}")
    _draw_distribution(right, series)
    solid(right.legend(*left.get_legend_handles_labels(), loc="upper right"))
    # one run is judged by its last part; of several runs every mean is told
    told = series[-1:] if len({points.part for points in series}) > 1 else series
    means = ", ".join(f"{points.label} {number(float(residuals_of(points).mean()))}" for points in told)
    return finish(figure, f"Residuals of {shorten(target)}", f"{where(series)}; mean residual: {means}")


def residuals_of(points: Points) -> np.ndarray[Any, Any]:
    """Return actual minus predicted."""
    return np.asarray(points.values.actual - points.values.predicted)


def _draw_distribution(axes: Axes, series: Sequence[Points]) -> None:
    """Draw shares of rows, so that parts of different sizes can be compared, and a line at each mean."""
    from matplotlib.ticker import MaxNLocator

    residuals = [residuals_of(points) for points in series]
    count = int(np.clip(2 * len(residuals[-1]) ** (1 / 3), 14, 40))  # Rice's rule
    bins = np.histogram_bin_edges(np.concatenate(residuals), bins=count).tolist()
    for points, values in zip(series, residuals, strict=True):
        filled = points is series[-1] and points.colour in PART_COLOURS.values()
        axes.hist(values, bins=bins, weights=np.full(len(values), 100 / len(values)), orientation="horizontal",
                  color=points.colour, histtype="stepfilled" if filled else "step", alpha=0.7 if filled else 1,
                  linewidth=1.2)  # fmt: skip
        axes.axhline(float(values.mean()), color=points.colour, linewidth=1.2, linestyle=(0, (1, 1)))
    axes.set_xlabel("% of rows")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.grid(axis="y", visible=False)
