"""A forecast of what comes after the data, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.forecasts import broken_at_gaps
from dlrun.plots.style import COLOURS, INK, finish, legend_above, new_figure, shorten

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

_MOST_PANELS = 4


def draw_ahead(
    forecast: pd.DataFrame,
    target: str,
    past: Mapping[str, tuple[Array, Mapping[str, Array]]],
    run_name: str,
    intervals: str,
) -> Figure:
    """Draw a target's last values and its forecast.

    Args:
        forecast: time, series, step and the target's columns, as `dlrun.training.forecast` makes them.
        target: The target.
        past: Series to its last times and values by target.
        run_name: For the heading.
        intervals: What the intervals come from, likewise.
    """
    shown = list(past)[:_MOST_PANELS]
    figure = new_figure(9.2, 1.1 + 2.7 * len(shown) if len(shown) > 1 else 4.4)
    for place, name in enumerate(shown):
        panel = figure.add_subplot(len(shown), 1, place + 1)
        times, values = past[name]
        rows = forecast[forecast["series"] == name] if "series" in forecast else forecast
        ahead = rows["time"].to_numpy() if "time" in rows else times[-1] + rows["step"].to_numpy()
        panel.plot(*broken_at_gaps(times, values[target]), color=INK, linewidth=1.2, label="known")
        predicted, low, high = (rows[f"{target}_{kind}"].to_numpy() for kind in ("predicted", "low", "high"))
        panel.fill_between(ahead, low, high, color=COLOURS[1], alpha=0.2, linewidth=0, label="90 % interval")
        marker = "o" if len(ahead) < 3 else None
        panel.plot(ahead, predicted, color=COLOURS[1], linewidth=1.5, marker=marker, label="forecast")
        panel.set_ylabel(shorten(target))
        panel.margins(x=0.01)
        if name:
            panel.set_title(shorten(name, 40))
        if place == 0:
            legend_above(panel)
    steps = int(forecast["step"].max())
    several = f"; {len(shown)} of {len(past)} series" if len(past) > len(shown) else ""
    words = f"{shorten(run_name)}, {steps} step{'s' if steps > 1 else ''} ahead, intervals by {intervals}{several}"
    return finish(figure, f"What comes next: {shorten(target)}", words)
