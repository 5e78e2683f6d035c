"""Precision against recall: how pure the positives are, the more of them are found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlrun.plots.curves import Curve, Series, curve_targets, curves_of, plot_curves, series_of
from dlrun.plots.style import MUTED, finish, new_figure, number, shorten
from dlrun.ranking import average_precision, precision_recall_curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir


def applies(run: RunDir) -> bool:
    """Tell whether the run predicts probabilities of classes."""
    return bool(curve_targets([run]))


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw one figure for each class target that has probabilities."""
    return {target: _draw_target(runs, target) for target in curve_targets(runs)}


def _draw_target(runs: Sequence[RunDir], target: str) -> Figure:
    series, words = series_of(runs, target)
    curves = curves_of(series, _compute)
    figure = new_figure(5.4, 5.6)
    axes = figure.add_subplot()
    shares = [float(curve.series.positive.mean()) for curve in curves]
    low, high = min(shares), max(shares)
    if high - low < 0.02:  # one line for all: parts of one table, or balanced classes
        dots = (0, (1, 2))
        axes.axhline(high, color=MUTED, linewidth=1, linestyle=dots, label=f"chance   AP {number(high)}")
    else:
        chance = f"chance   AP {number(low)} to {number(high)}"
        axes.axhspan(low, high, color=MUTED, alpha=0.15, linewidth=0, label=chance)
    plot_curves(axes, curves, "AP", drawstyle="steps-pre")
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    axes.legend(loc="lower left")
    return finish(figure, f"Precision and recall of {shorten(target)}", words)


def _compute(series: Series) -> Curve:
    precision, recall = precision_recall_curve(series.positive, series.probability)
    area = average_precision(series.positive, series.probability)
    return Curve(series, recall[::-1], precision[::-1], area)
