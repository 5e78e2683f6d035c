"""Small pictures drawn without a script: histograms and bars, in colours that the page's style gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from dlrun.plots.style import number, shorten

Array = np.ndarray[Any, Any]

MOST_BINS = 30
_WIDTH, _HEIGHT = 132, 34


def bins_of(values: Array) -> Array:
    """Return the edges of a histogram of finite numbers, by the rule of Freedman and Diaconis within bounds."""
    low, high = float(values.min()), float(values.max())
    whole = bool((values == np.round(values)).all())
    if whole and high - low < MOST_BINS:
        return np.arange(low - 0.5, high + 1.0)
    quarter, three = np.quantile(values, [0.25, 0.75])
    width = 2 * (three - quarter) / len(values) ** (1 / 3)
    count = int(np.clip(np.ceil((high - low) / width), 8, MOST_BINS)) if width > 0 else 20
    return np.linspace(low, high, count + 1)


def histogram(values: Array, name: str) -> Markup:
    """Return the distribution of finite numbers as a small picture.

    Args:
        values: `(num_values,)`, at least one.
        name: The column, for those who cannot see it.
    """
    values = values.astype(np.float64)
    counts, edges = np.histogram(values, bins_of(values))
    titles = [f"{number(edges[i])} to {number(edges[i + 1])}: {n:,}" for i, n in enumerate(counts)]
    low, high = number(float(values.min())), number(float(values.max()))
    return _bars(counts, titles, f"Histogram of {name}, from {low} to {high}")


def category_bars(counts: Mapping[str, int], name: str) -> Markup:
    """Return how often the commonest categories are there, as a small picture."""
    shown = dict(list(counts.items())[:MOST_BINS])
    titles = [f"{shorten(label, 40)}: {n:,}" for label, n in shown.items()]
    return _bars(np.array(list(shown.values())), titles, f"How often each value of {name} is there")


def _bars(counts: Array, titles: Sequence[str], text: str) -> Markup:
    top = max(int(counts.max()), 1)
    step = _WIDTH / max(len(counts), 3)
    gap = 1 if step > 3 else 0.4
    shapes = Markup("").join(
        Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1"><title>{}</title></rect>').format(
            i * step, _HEIGHT - height, step - gap, height, title
        )
        for i, (n, title) in enumerate(zip(counts, titles, strict=True))
        for height in [max(1.5, (_HEIGHT - 2) * n / top) if n else 0]
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{text}">'
        "{shapes}</svg>"
    ).format(w=_WIDTH, h=_HEIGHT, text=text, shapes=shapes)


def distribution(parts: Mapping[str, Array], name: str) -> Markup:
    """Return the distribution of numbers in each part, over one another, in shares of the part's rows.

    Args:
        parts: Part to finite numbers `(num_rows,)`.
        name: Of the column.
    """
    width, height, bottom = 560, 190, 22
    edges = bins_of(np.concatenate(list(parts.values())).astype(np.float64))
    shares = {part: np.histogram(values, edges)[0] / max(len(values), 1) for part, values in parts.items()}
    top = max(float(share.max()) for share in shares.values()) or 1.0
    step = (width - 4) / (len(edges) - 1)
    shapes = []
    for part, share in shares.items():
        levels = height - bottom - (height - bottom - 8) * share / top
        path = f"M2 {height - bottom}" + "".join(f"V{y:.1f}H{2 + (i + 1) * step:.1f}" for i, y in enumerate(levels))
        shapes.append(
            Markup('<path class="area c-{}" d="{}V{}Z"><title>{} rows</title></path>').format(
                part, path, height - bottom, part
            )
        )
    ticks = [(2, "start", edges[0]), (width / 2, "middle", (edges[0] + edges[-1]) / 2), (width - 2, "end", edges[-1])]
    labels = [
        Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, height - 6, anchor, number(float(value)))
        for x, anchor, value in ticks
    ]
    return _picture(width, height, f"Distribution of {name} in each part", Markup("").join([*shapes, *labels]))


def _picture(width: int, height: int, text: str, shapes: Markup) -> Markup:
    return Markup('<svg class="picture" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, text, shapes
    )
