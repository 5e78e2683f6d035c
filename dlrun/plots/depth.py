"""The figures of an evaluation in depth; they are drawn of what was just computed, not of a run's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.style import COLOURS, GRID, MUTED, finish, new_figure, number, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

MOST_BARS = 30
_MOST_POINTS = 500
_LINE_HEIGHT = 0.27  # inches
_NAMED_CURVES = 10
_LONGEST_LABEL = 42


@dataclass(frozen=True)
class Bar:
    """A value with its interval, in a line of its own.

    Args:
        label: The line's name.
        value: The value; None where there is none.
        low: Where its interval begins; None where there is none.
        high: Where it ends.
        note: What stands at the end of the line.
        strong: Whether it stands out.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    note: str = ""
    strong: bool = True


def bars_figure(bars: Sequence[Bar], title: str, words: str, axis: str, zero: float | None = 0.0) -> Figure:
    """Draw values with their intervals one below the other.

    Args:
        bars: The lines, from top to bottom; of more than MOST_BARS the first are drawn.
        title: The figure's title.
        words: The line below it.
        axis: What the values are.
        zero: Where bars begin; None draws points, and `words` tells what the dotted line is at.
    """
    shown = bars[:MOST_BARS]
    figure = new_figure(7.2, 1.5 + _LINE_HEIGHT * max(len(shown), 3))
    axes = figure.add_subplot()
    places = np.arange(len(shown))
    for place, bar in zip(places, shown, strict=True):
        _draw_bar(axes, int(place), bar, zero)
    if zero is not None:
        axes.axvline(zero, color=MUTED, linewidth=1)
    axes.set_yticks(places, [shorten(bar.label, _LONGEST_LABEL) for bar in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(axis)
    if any(bar.note for bar in shown):
        right = axes.secondary_yaxis("right")
        right.set_yticks(places, [bar.note for bar in shown])
        right.spines["right"].set_visible(False)
    left_out = f"; the first {MOST_BARS} of {len(bars)}" if len(bars) > len(shown) else ""
    return finish(figure, title, words + left_out)


def _draw_bar(axes: Axes, place: int, bar: Bar, zero: float | None) -> None:
    if bar.value is None:
        return
    colour = COLOURS[0] if bar.strong else "#9AA5B1"
    if zero is not None:
        axes.barh(place, bar.value - zero, left=zero, height=0.62, color=colour, alpha=0.85)
    else:
        axes.plot([bar.value], [place], "o", color=colour, markersize=6)
    if bar.low is not None and bar.high is not None:
        ink = "#1F2933" if zero is not None else colour
        axes.plot([bar.low, bar.high], [place, place], color=ink, linewidth=1.6, solid_capstyle="butt")


def groups_figure(bars: Sequence[Bar], title: str, words: str, axis: str, whole: float | None) -> Figure:
    """Draw the scores of groups with their intervals, and a line at the score of all rows."""
    figure = bars_figure(bars, title, words, axis, zero=None)
    if whole is not None:
        figure.axes[0].axvline(whole, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
    return figure


def threshold_figure(
    thresholds: Array, scores: Mapping[str, Array], chosen: float, before: float, title: str, words: str
) -> Figure:
    """Draw scores by threshold, and a line at the chosen one.

    Args:
        thresholds: `(num_thresholds,)`, rising.
        scores: Metric to its values; `cost` has an axis of its own.
        chosen: The threshold that is marked.
        before: The run's own, marked fainter.
        title: The figure's title.
        words: The line below it.
    """
    figure = new_figure(8.2, 4.6)
    axes = figure.add_subplot()
    thin = np.unique(np.linspace(0, len(thresholds) - 1, min(len(thresholds), _MOST_POINTS)).round().astype(np.int64))
    drawn = {name: values for name, values in scores.items() if name != "cost"}
    for index, (name, values) in enumerate(drawn.items()):
        axes.step(thresholds[thin], values[thin], where="pre", color=COLOURS[index], label=name, linewidth=1.4)
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(min(-0.01, *(float(values.min()) for values in drawn.values())), 1.02)
    axes.set_xlabel("threshold: a row is positive from this probability on")
    axes.set_ylabel("score")
    if "cost" in scores:
        other = axes.twinx()
        other.step(thresholds[thin], scores["cost"][thin], where="pre", color="#1F2933", linestyle=(0, (3, 2)))
        other.set_ylabel("mean cost of a row (dashed)")
        other.grid(visible=False)
        other.set_ylim(bottom=0)
    axes.axvline(before, color=MUTED, linewidth=1, linestyle=(0, (1, 2)), label=f"now {number(before)}")
    axes.axvline(chosen, color="#1F2933", linewidth=1.2, label=f"chosen {number(chosen)}")
    axes.legend(loc="center left", bbox_to_anchor=(1.12 if "cost" in scores else 1.01, 0.5))
    return finish(figure, title, words)


@dataclass(frozen=True)
class CalibrationCurve:
    """What was told and what came, bin by bin `(num_bins,)` each; `low` and `high` are the share's 95 % interval."""

    label: str
    told: Array
    came: Array
    low: Array
    high: Array
    rows: Array


def calibration_figure(
    curve: CalibrationCurve, classes: Sequence[CalibrationCurve], title: str, words: str, axis: str
) -> Figure:
    """Draw how often came true what was told, with intervals, and below it how many rows each bin has.

    Args:
        curve: The curve.
        classes: Of several classes each one's, drawn thin.
        title: The figure's title.
        words: The line below it.
        axis: What the probabilities are of.
    """
    figure = new_figure(7.4, 6.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.4, 1))
    above.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (1, 2)), label="told and came agree")
    for index, one in enumerate(classes[:_NAMED_CURVES]):
        colour = COLOURS[(index + 1) % len(COLOURS)]
        above.plot(one.told, one.came, color=colour, linewidth=0.9, alpha=0.7, label=shorten(one.label, 20))
    errors = np.stack([np.maximum(curve.came - curve.low, 0.0), np.maximum(curve.high - curve.came, 0.0)])
    above.errorbar(curve.told, curve.came, yerr=errors, color=COLOURS[0], marker="o", markersize=4.5, elinewidth=1.1,
                   capsize=2.5, label=shorten(curve.label))  # fmt: skip
    above.set_ylabel("share that came true")
    above.set_xlim(-0.02, 1.02)
    above.set_ylim(-0.02, 1.02)
    above.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))  # beside it: the curve may be anywhere
    below.bar(curve.told, curve.rows, width=0.04, color=COLOURS[0], alpha=0.85)
    below.set_ylabel("rows")
    below.set_xlabel(axis)
    below.grid(axis="x", color=GRID)
    return finish(figure, title, words)
