"""Residual analysis of forecasts: is what is left over mere noise, or does it still hold something to be learned?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.forecasts import Forecasts, broken_at_gaps, forecast_targets, judged
from dlrun.plots.results import judged_part, part_title
from dlrun.plots.style import COLOURS, INK, MUTED, finish, new_figure, number, shorten
from dlrun.residuals import FEWEST, autocorrelation, dependence_words, jarque_bera, lags_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir

Array = np.ndarray[Any, Any]

_MOST_POINTS = 2000


def applies(run: RunDir) -> bool:
    """Tell whether the run forecasts a series, with enough examples."""
    return any(_residuals(judged(run, target)).size >= FEWEST for target in forecast_targets(run))


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw one figure for each target of the first run; residuals of several runs cannot be laid over one another."""
    run = runs[0]
    found = {target: judged(run, target) for target in forecast_targets(run)}
    return {
        target: _draw_target(run, target, forecasts)
        for target, forecasts in found.items()
        if _residuals(forecasts).size >= FEWEST
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
    by_series = [_residuals([own]) for own in forecasts]
    _draw_correlation(correlation, by_series)
    where = part_title(judged_part(run)).capitalize() + (", one step ahead" if forecasts[0].horizon > 1 else "")
    return finish(figure, f"Residual analysis of {shorten(target)}", f"{where}; {dependence_words(by_series)}")


def _draw_over_time(axes: Axes, forecasts: Sequence[Forecasts]) -> None:
    axes.axhline(0, color=MUTED, linewidth=1)
    if len(forecasts) == 1:
        times, values = forecasts[0].times[:_MOST_POINTS, 0], _residuals(forecasts)[:_MOST_POINTS]
        axes.plot(*broken_at_gaps(times, values), color=COLOURS[0], linewidth=0.9)
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
    p = jarque_bera(residuals)
    shown_p = "p < 0.001" if p < 1e-3 else f"p = {number(p)}"
    axes.set_title(f"Q-Q: on the line where normal; Jarque-Bera {shown_p}")
    axes.set_xlabel("normal quantiles")
    axes.set_ylabel("residuals")


def _draw_correlation(axes: Axes, series: Sequence[Array]) -> None:
    """Draw the autocorrelation of one series, or the mean of those of several."""
    known = [values for values in series if len(values) >= FEWEST] or [np.concatenate(series)]
    lags = min(map(lags_of, known))
    values = np.mean([autocorrelation(residuals, lags) for residuals in known], axis=0)
    band = 1.96 / np.sqrt(sum(map(len, known)))
    axes.axhspan(-band, band, color=COLOURS[0], alpha=0.12, linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=1)
    axes.vlines(np.arange(1, lags + 1), 0, values, color=COLOURS[0], linewidth=2)
    several = f", mean of {len(known)} series" if len(known) > 1 else "; noise stays in the band"
    axes.set_title(f"Autocorrelation{several}")
    axes.set_xlabel("lag")
