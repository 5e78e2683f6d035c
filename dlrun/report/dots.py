"""A score as a dot with its interval, in parts of a hundred: as wide as there is room, the letters as large as ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from dlrun.plots.style import number
from dlrun.report.page import score_text

_HEIGHT = 34
_ROOM = 0.06  # of the span on either side
_FURTHEST = 2.5  # times the span of the scores: a naive answer further away would press them together


@dataclass(frozen=True)
class Dot:
    """A score.

    Args:
        name: Whose it is.
        colour: The number of a colour of the page, "model" or "muted".
        value: The score.
        interval: Where its 95 % interval begins and ends, if it is known.
        single: The scores of single runs, where there are several.
    """

    name: str
    colour: str
    value: float
    interval: tuple[float, float] | None
    single: tuple[float, ...] = ()

    @property
    def values(self) -> tuple[float, ...]:
        """All numbers that are to be seen."""
        return (self.value, *(self.interval or ()), *self.single)


@dataclass(frozen=True)
class Scale:
    """From where to where a picture reaches.

    Args:
        low: Its left end.
        high: Its right end.
        naive: A naive answer's score, if it is not too far away to be shown.
    """

    low: float
    high: float
    naive: float | None = None

    @classmethod
    def around(cls, values: Sequence[float], naive: tuple[str, float] | None = None, zero: bool = False) -> Scale:
        """Return the scale that shows these values, and a naive answer beside them, or 0."""
        shown = [*values, 0.0] if zero else list(values)
        low, high = min(shown), max(shown)
        span = high - low or abs(high) or 1.0
        near = naive is not None and low - _FURTHEST * span <= naive[1] <= high + _FURTHEST * span
        at = naive[1] if naive is not None and near else None
        if at is not None:
            low, high = min(low, at), max(high, at)
        room = _ROOM * (high - low or abs(high) or 1.0)
        return cls(low - room, high + room, at)

    def place(self, value: float) -> str:
        """Return where a value stands: `37.5%`."""
        return f"{100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low):.2f}%"

    def width(self, low: float, high: float) -> str:
        """Return how wide a stretch is."""
        return f"{100 * (high - low) / (self.high - self.low):.2f}%"

    def axis(self) -> Markup:
        """Return the numbers below the pictures."""
        ticks = [tick for tick in _ticks(self.low, self.high) if self.low <= tick <= self.high]
        labels = (Markup('<text x="{}" y="14" text-anchor="middle">{}</text>').format(self.place(t), number(t)) for t in
                  ticks)  # fmt: skip
        return Markup('<svg class="axis" aria-hidden="true">{}</svg>').format(Markup("").join(labels))


def dots(dot: Dot, scale: Scale, band: tuple[float, float] | None = None) -> Markup:
    """Return the picture of a score.

    Args:
        dot: The score.
        scale: That of all pictures beside it.
        band: The interval of the best one, drawn behind.
    """
    shapes = []
    if band is not None:
        shapes.append(Markup('<rect class="band" x="{}" y="0" width="{}" height="{}"/>').format(
            scale.place(band[0]), scale.width(*band), _HEIGHT))  # fmt: skip
    if scale.naive is not None:
        x = scale.place(scale.naive)
        shapes.append(Markup('<line class="naive" x1="{}" x2="{}" y1="0" y2="{}"/>').format(x, x, _HEIGHT))
    middle = _HEIGHT / 2
    if dot.interval is not None:
        low, high = map(scale.place, dot.interval)
        shapes.append(Markup('<line class="range" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(low, high, middle, middle))
        shapes += [Markup('<line class="range" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(x, x, middle - 4, middle + 4)
                   for x in (low, high)]  # fmt: skip
    shapes += [Markup('<circle class="single" cx="{}" cy="{}" r="3"/>').format(scale.place(v), middle) for v in
               dot.single]  # fmt: skip
    shapes.append(Markup('<circle cx="{}" cy="{}" r="5.5"/>').format(scale.place(dot.value), middle))
    told = f"{dot.name}: {score_text(dot.value)}"
    if dot.interval is not None:
        told += f", 95 % interval {score_text(dot.interval[0])} to {score_text(dot.interval[1])}"
    return Markup('<svg class="dots f{}" role="img" aria-label="{}">{}</svg>').format(
        dot.colour, told, Markup("").join(shapes)
    )


def _ticks(low: float, high: float) -> list[float]:
    """Return about four round numbers between two."""
    step = 10.0 ** np.floor(np.log10((high - low) / 3))
    step = next(step * factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 5)
    first = np.ceil(low / step)
    return [float(tick * step) + 0.0 for tick in np.arange(first, first + 7) if tick * step <= high]
