"""What ROC and precision-recall curves have in common: which curves there are, and how they are labelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.results import Classes, class_targets, classes_of, judged_part, part_title, parts_of
from dlrun.plots.style import PART_COLOURS, colours, number, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dlrun.run_dir import RunDir

Array = np.ndarray[Any, Any]

_NAMED_CLASSES = 10  # with more, the worst few are named and the others are grey
_WORST = 5
_MOST_POINTS = 500
_GREY = "#CBD2D9"


@dataclass(frozen=True)
class Series:
    """Rows that are positive or not, and their probability of being positive: one curve."""

    label: str
    colour: str
    positive: Array
    probability: Array

    @property
    def has_both(self) -> bool:
        """Whether there are positive and negative rows; no curve can be drawn without."""
        return bool(self.positive.any()) and not bool(self.positive.all())


@dataclass(frozen=True)
class Curve:
    """A curve that can be drawn, and the area under it."""

    series: Series
    x: Array
    y: Array
    area: float


def curve_targets(runs: Sequence[RunDir]) -> list[str]:
    """Return the class targets that have probabilities and, on the judged part, rows of more than one class."""
    targets = dict.fromkeys(target for run in runs for target in class_targets(run))
    return [target for target in targets if any(series.has_both for series in series_of(runs, target)[0])]


def series_of(runs: Sequence[RunDir], target: str) -> tuple[list[Series], str]:
    """Return the curves of a target and what they are, in words.

    One run has a curve for each part (two classes) or each class (several classes, judged part). Several runs have
    one curve each: the positive class, or all classes pooled.
    """
    runs = [run for run in runs if target in class_targets(run)]
    found = [(run, judged_part(run), classes_of(run, target, judged_part(run))) for run in runs]
    found = [(run, part, classes) for run, part, classes in found if classes.probabilities is not None]
    if not found:
        return [], ""
    run, part, classes = found[0]
    binary = len(classes.labels) == 2
    positive = f"positive class: {shorten(classes.labels[1])}"
    if len(found) > 1:
        pooled = [
            Series(shorten(run.name), colour, *_pooled(classes))
            for (run, _, classes), colour in zip(found, colours(len(found)), strict=True)
        ]
        return pooled, f"{part_title(part).capitalize()}; {positive if binary else 'all classes pooled'}"
    if binary:
        parts = [(name, classes_of(run, target, name)) for name in parts_of(run)]
        series = [Series(_part_label(name), PART_COLOURS.get(name, _GREY), *_pooled(c)) for name, c in parts]
        return series, positive[0].upper() + positive[1:]
    return _each_class(classes), f"{part_title(part).capitalize()}; each class against the rest"


def curves_of(series: Sequence[Series], compute: Callable[[Series], Curve]) -> list[Curve]:
    """Compute the curves; of many classes the worst are named, the others turn grey and are drawn below them."""
    curves = [compute(one) for one in series if one.has_both]
    if len(curves) <= _NAMED_CLASSES:
        return curves
    ordered = sorted(curves, key=lambda curve: curve.area)
    named = [
        _relabelled(curve, curve.series.label, colour) for curve, colour in zip(ordered, colours(_WORST), strict=False)
    ]
    grey = [_relabelled(curve, "", _GREY) for curve in ordered[_WORST:]]
    return [*grey, *named]


def plot_curves(axes: Axes, curves: Sequence[Curve], area: str, **style: Any) -> None:
    """Plot the curves with their areas in the legend."""
    for curve in curves:
        label = f"{curve.series.label}   {area} {number(curve.area)}" if curve.series.label else None
        thin = _thinned(len(curve.x))
        axes.plot(curve.x[thin], curve.y[thin], color=curve.series.colour, label=label, **style)
    greys = sum(not curve.series.label for curve in curves)
    if greys:
        axes.plot([], [], color=_GREY, label=f"{greys} other classes")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.02)
    axes.set_aspect("equal")


def _pooled(classes: Classes) -> tuple[Array, Array]:
    assert classes.probabilities is not None
    if len(classes.labels) == 2:
        return _known(classes.actual == 1, classes.probabilities[:, 1])
    one_hot = classes.actual[:, np.newaxis] == np.arange(len(classes.labels))
    return _known(one_hot.ravel(), classes.probabilities.ravel())


def _each_class(classes: Classes) -> list[Series]:
    assert classes.probabilities is not None
    names = zip(classes.labels, colours(len(classes.labels)), strict=True)
    return [
        Series(shorten(label, 20), colour, *_known(classes.actual == index, classes.probabilities[:, index]))
        for index, (label, colour) in enumerate(names)
    ]


def _known(positive: Array, probability: Array) -> tuple[Array, Array]:
    known = np.isfinite(probability)
    return positive[known], probability[known]


def _part_label(part: str) -> str:
    return {"train": "training"}.get(part, part)


def _relabelled(curve: Curve, label: str, colour: str) -> Curve:
    series = Series(label, colour, curve.series.positive, curve.series.probability)
    return Curve(series, curve.x, curve.y, curve.area)


def _thinned(count: int) -> Array:
    """Return the positions of at most 500 points, the ends among them: more cannot be seen and only cost bytes."""
    return np.unique(np.linspace(0, count - 1, min(count, _MOST_POINTS)).round().astype(np.int64))
