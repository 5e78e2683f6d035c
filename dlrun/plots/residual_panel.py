"""Residual analysis of forecasts: is what is left over mere noise, or does it still hold something to be learned?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.forecasts import Forecasts, forecast_targets, judged
from dlrun.plots.results import judged_part, part_title
from dlrun.plots.style import COLOURS, INK, MUTED, finish, new_figure, number, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir

Array = np.ndarray[Any, Any]

_FEWEST = 12  # residuals; of less nothing can be read
_SURE = 0.05
_MOST_POINTS = 2000


def applies(run: RunDir) -> bool:
    """Tell whether the run forecasts a series, with enough examples."""
    return any(_residuals(judged(run, target)).size >= _FEWEST for target in forecast_targets(run))


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw one figure for each target of the first run; residuals of several runs cannot be laid over one another."""
    run = runs[0]
    found = {target: judged(run, target) for target in forecast_targets(run)}
    return {
        target: _draw_target(run, target, forecasts)
        for target, forecasts in found.items()
        if _residuals(forecasts).size >= _FEWEST
    }


def _residuals(forecasts: Sequence[Forecasts]) -> Array:
    """Return actual minus predicted, one step ahead, series after series."""
    return np.concatenate([f.actual[:, 0] - f.predicted[:, 0] for f in forecasts]) if forecasts else np.zeros(0)


def _draw_target(run: RunDir, target: str, forecasts: Sequence[Forecasts]) -> Figure:
    residuals = _residuals(forecasts)
    figure = new_figure(9.2, 6.4)
    over_time, histogram, quantiles, correlation = figure.subplots(2, 2).ravel()
    _draw_over_time(over_time, forecasts)
    _draw_histogram(histogram, residuals)
    _draw_quantiles(quantiles, residuals)
    first = forecasts[0].actual[:, 0] - forecasts[0].predicted[:, 0]
    own = first if len(first) >= _FEWEST else residuals
    _draw_correlation(correlation, own)
    where = part_title(judged_part(run)).capitalize() + (", one step ahead" if forecasts[0].horizon > 1 else "")
    return finish(figure, f"Residual analysis of {shorten(target)}", f"{where}; {reading(own)}")


def autocorrelation(values: Array, lags: int) -> Array:
    """Return the correlation of values with themselves 1..lags before."""
    centred = values - values.mean()
    total = float(centred @ centred)
    return np.array([float(centred[lag:] @ centred[:-lag]) / total if total else 0.0 for lag in range(1, lags + 1)])


def ljung_box(values: Array, lags: int) -> float:
    """Return the p value of the Ljung-Box test (1978) that the first `lags` autocorrelations are 0."""
    from scipy.special import chdtrc

    count = len(values)
    correlation = autocorrelation(values, lags)
    statistic = count * (count + 2) * float((correlation**2 / (count - np.arange(1, lags + 1))).sum())
    return float(chdtrc(lags, statistic))


def lags_of(values: Array) -> int:
    """Return how many lags are looked at: a fifth of the values, at most 40."""
    return max(1, min(40, len(values) // 5))


def reading(residuals: Array) -> str:
    """Say what the Ljung-Box test means."""
    lags = min(10, lags_of(residuals))
    p = ljung_box(residuals, lags)
    shown = "p < 0.001" if p < 1e-3 else f"p = {number(p)}"
    if p < _SURE:
        return f"Ljung-Box over {lags} lags: {shown}, so residuals depend on those before: something is left to learn"
    return f"Ljung-Box over {lags} lags: {shown}, so no dependence on those before can be seen"


def _draw_over_time(axes: Axes, forecasts: Sequence[Forecasts]) -> None:
    axes.axhline(0, color=MUTED, linewidth=1)
    if len(forecasts) == 1:
        times, values = forecasts[0].times[:, 0], _residuals(forecasts)
        axes.plot(times[:_MOST_POINTS], values[:_MOST_POINTS], color=COLOURS[0], linewidth=0.9)
        for label in axes.get_xticklabels():
            label.set_rotation(20)
    else:
        values = _residuals(forecasts)[:_MOST_POINTS]
        axes.plot(np.arange(len(values)), values, color=COLOURS[0], linewidth=0.9)
        axes.set_xlabel("examples, series after series")
    axes.set_title("Residuals over time")
    axes.set_ylabel("actual − predicted")


def _draw_histogram(axes: Axes, residuals: Array) -> None:
    bins = int(np.clip(2 * len(residuals) ** (1 / 3), 8, 40))
    axes.hist(residuals, bins=bins, density=True, color=COLOURS[0], alpha=0.7)
    mean, spread = float(residuals.mean()), float(residuals.std())
    if spread:
        x = np.linspace(residuals.min(), residuals.max(), 200)
        y = np.exp(-0.5 * ((x - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
        axes.plot(x, y, color=INK, linewidth=1.2, label="normal")
        axes.legend(loc="upper right")
    axes.axvline(mean, color=COLOURS[1], linewidth=1.2)
    axes.set_yticks([])
    axes.set_title(f"Distribution; mean {number(mean)}, spread {number(spread)}")


def _draw_quantiles(axes: Axes, residuals: Array) -> None:
    from scipy.special import ndtri

    ordered = np.sort(residuals)
    normal = ndtri((np.arange(len(ordered)) + 0.5) / len(ordered))
    shown = np.unique(np.linspace(0, len(ordered) - 1, min(len(ordered), _MOST_POINTS)).round().astype(np.int64))
    axes.scatter(normal[shown], ordered[shown], s=9, color=COLOURS[0], linewidths=0)
    ends = normal[[0, -1]]
    axes.plot(ends, residuals.mean() + residuals.std() * ends, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
    axes.set_title("Q-Q: on the line where normal")
    axes.set_xlabel("normal quantiles")
    axes.set_ylabel("residuals")


def _draw_correlation(axes: Axes, residuals: Array) -> None:
    lags = lags_of(residuals)
    values = autocorrelation(residuals, lags)
    band = 1.96 / np.sqrt(len(residuals))
    axes.axhspan(-band, band, color=COLOURS[0], alpha=0.12, linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=1)
    axes.vlines(np.arange(1, lags + 1), 0, values, color=COLOURS[0], linewidth=2)
    axes.set_title("Autocorrelation; noise stays in the band")
    axes.set_xlabel("lag")
