"""A series before training: its values, and how they depend on those before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.style import COLOURS, MUTED, finish, new_figure, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

_MOST_VALUES = 4000  # of a line; of more the extremes of each stretch are drawn


def draw_look(name: str, times: Array, values: Array, acf: Array, pacf: Array, season: int | None) -> Figure:
    """Draw a series over time, its autocorrelation and its partial autocorrelation.

    Args:
        name: What is drawn.
        times: When the values were `(num_rows,)`.
        values: The values.
        acf: From lag 0 on.
        pacf: From lag 0 on.
        season: Rows in a season, marked among the lags.
    """
    figure = new_figure(9.2, 6.2)
    grid = figure.add_gridspec(2, 2)
    over_time = figure.add_subplot(grid[0, :])
    shown = _thinned(values)
    over_time.plot(times[shown], values[shown], color=COLOURS[0], linewidth=0.9)
    over_time.set_ylabel(shorten(name))
    over_time.margins(x=0.01)
    _draw_lags(figure.add_subplot(grid[1, 0]), acf, len(values), season, "Autocorrelation")
    _draw_lags(figure.add_subplot(grid[1, 1]), pacf, len(values), season, "Partial autocorrelation")
    words = f"{len(values):,} values" + (f"; a season of {season} rows" if season else "")
    return finish(figure, shorten(name, 60), words)


def _thinned(values: Array) -> Array:
    """Return positions: all, or the smallest and the largest value of each of many equal stretches."""
    if len(values) <= _MOST_VALUES:
        return np.arange(len(values))
    stretches = np.array_split(np.arange(len(values)), _MOST_VALUES // 2)
    ends = [s[[np.nan_to_num(values[s], nan=np.inf).argmin(), np.nan_to_num(values[s], nan=-np.inf).argmax()]]
            for s in stretches]  # fmt: skip
    return np.unique(np.concatenate(ends))


def _draw_lags(axes: Axes, values: Array, count: int, season: int | None, title: str) -> None:
    lags = np.arange(1, len(values))
    band = 1.96 / np.sqrt(max(count, 1))
    axes.axhspan(-band, band, color=COLOURS[0], alpha=0.12, linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=1)
    axes.vlines(lags, 0, values[1:], color=COLOURS[0], linewidth=1.6 if len(lags) < 80 else 0.8)
    if season is not None and season < len(values):
        axes.axvline(season, color=COLOURS[1], linewidth=1, linestyle=(0, (4, 2)))
    axes.set_title(title)
    axes.set_xlabel("lag")
