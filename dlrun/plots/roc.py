"""Receiver operating characteristic: how many positive rows are found at which cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlrun.plots.curves import Curve, Series, curve_targets, curves_of, plot_curves, series_of
from dlrun.plots.style import MUTED, finish, new_figure, shorten
from dlrun.ranking import roc_auc, roc_curve

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
    figure = new_figure(5.4, 5.6)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (1, 2)), label="chance   AUC 0.5")
    plot_curves(axes, curves_of(series, _compute), "AUC")
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate (recall)")
    axes.legend(loc="lower right")
    return finish(figure, f"ROC curve of {shorten(target)}", words)


def _compute(series: Series) -> Curve:
    x, y = roc_curve(series.positive, series.probability)
    return Curve(series, x, y, roc_auc(series.positive, series.probability))
