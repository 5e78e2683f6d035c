"""Residuals (actual minus predicted): a good model leaves a cloud around 0 without a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlrun.plots.points import Points, point_targets, points_of, scatter, solid_legend, where
from dlrun.plots.style import INK, MUTED, heading, new_figure, number, shorten

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
        scatter(left, points.values.predicted, points.values.actual - points.values.predicted, points)
    left.set_xlabel(f"predicted {shorten(target)}")
    left.set_ylabel(f"actual − predicted {shorten(target)}")
    solid_legend(left, loc="best" if sum(len(points.shown) for points in series) < 500 else "upper left")
    _draw_distribution(right, series)
    heading(figure, f"Residuals of {shorten(target)}", f"{where(series)}; {_summary(series[-1])}")
    return figure


def _draw_distribution(axes: Axes, series: Sequence[Points]) -> None:
    """Draw shares of rows, so that parts of different sizes can be compared, and the mean of the last series."""
    from matplotlib.ticker import MaxNLocator

    residuals = [points.values.actual - points.values.predicted for points in series]
    count = int(np.clip(2 * len(residuals[-1]) ** (1 / 3), 8, 40))  # Rice's rule
    bins = np.histogram_bin_edges(np.concatenate(residuals), bins=count).tolist()
    for points, values in zip(series, residuals, strict=True):
        shares = np.full(len(values), 100 / len(values))
        last = points is series[-1]
        axes.hist(values, bins=bins, weights=shares, orientation="horizontal", color=points.colour,
                  histtype="stepfilled" if last else "step", alpha=0.75 if last else 1, linewidth=1.2)  # fmt: skip
    mean = float(residuals[-1].mean())
    axes.axhline(mean, color=INK, linewidth=1.2)
    axes.annotate(f"mean {number(mean)}", (1, mean), xycoords=("axes fraction", "data"), xytext=(0, 3),
                  textcoords="offset points", ha="right", va="bottom", fontsize=8.5,
                  bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8})  # fmt: skip
    axes.set_xlabel("% of rows")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.grid(axis="y", visible=False)


def _summary(points: Points) -> str:
    values = points.values.actual - points.values.predicted
    return f"{points.label}: mean {number(float(values.mean()))}, standard deviation {number(float(values.std()))}"
