"""Forecasts against what came, after the last of the training values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.forecasts import Forecasts, broken_at_gaps, forecast_targets, forecasts_of, judged
from dlrun.plots.results import judged_part, part_title, parts_of, scored
from dlrun.plots.style import COLOURS, INK, MUTED, colours, finish, legend_above, new_figure, number, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir

Array = np.ndarray[Any, Any]

_MOST_VALUES = 400  # of a line; more cannot be told apart
_MOST_PANELS = 4  # series that are drawn
_TAIL = 0.35  # values before the forecasts, by the number of these


def applies(run: RunDir) -> bool:
    """Tell whether the run forecasts a series."""
    return bool(forecast_targets(run))


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw one figure for each target; of several runs the forecasts over one another."""
    by_target: dict[str, list[RunDir]] = {}
    for run in runs:
        for target in forecast_targets(run):
            by_target.setdefault(target, []).append(run)
    return {target: _draw_target(own, target) for target, own in by_target.items()}


def _draw_target(runs: Sequence[RunDir], target: str) -> Figure:
    first = judged(runs[0], target)
    shown = first[:_MOST_PANELS]
    figure = new_figure(9.2, 1.1 + 2.7 * len(shown) if len(shown) > 1 else 4.4)
    for place, forecasts in enumerate(shown):
        panel = figure.add_subplot(len(shown), 1, place + 1)
        _draw_past(panel, _before(runs[0], target, forecasts))
        _draw_actual(panel, forecasts)
        for run, colour in zip(runs, colours(len(runs) + 1)[1:] if len(runs) > 1 else [COLOURS[1]], strict=True):
            own = next((f for f in judged(run, target) if f.name == forecasts.name), None)
            if own is not None:
                _draw_forecast(panel, own, colour, shorten(run.name, 24) if len(runs) > 1 else "forecast")
        panel.set_ylabel(shorten(target))
        panel.margins(x=0.01)
        if forecasts.name:
            panel.set_title(shorten(forecasts.name, 40))
        if place == 0:
            legend_above(panel)
    return finish(figure, f"Forecasts of {shorten(target)}", _words(runs, target, first))


def _words(runs: Sequence[RunDir], target: str, drawn: Sequence[Forecasts]) -> str:
    part = judged_part(runs[0])
    words = [part_title(part).capitalize()]
    words += [f"MAE {number(scored(runs[0], part, target, 'mae'))}"] if len(runs) == 1 else []
    if drawn[0].horizon > 1:
        words.append(f"each line looks {drawn[0].horizon} steps ahead")
    if drawn[0].actual[:, 0].size > _MOST_VALUES:
        words.append(f"the first {_MOST_VALUES} of {drawn[0].actual[:, 0].size:,} examples")
    if len(drawn) > _MOST_PANELS:
        words.append(f"{_MOST_PANELS} of {len(drawn)} series")
    return "; ".join(words)


def _before(run: RunDir, target: str, forecasts: Forecasts) -> Forecasts | None:
    """Return the part before the judged one, of the same series."""
    parts = parts_of(run)
    if len(parts) < 2:
        return None
    return next((f for f in forecasts_of(run, target, parts[-2]) if f.name == forecasts.name), None)


def _draw_past(panel: Axes, past: Forecasts | None) -> None:
    if past is None:
        return
    times, values = _line(past)
    count = int(_TAIL * _MOST_VALUES)
    panel.plot(*broken_at_gaps(times[-count:], values[-count:]), color=MUTED, linewidth=1.1, label="before")


def _draw_actual(panel: Axes, forecasts: Forecasts) -> None:
    times, values = _line(forecasts)
    last = forecasts.times[:_MOST_VALUES].max()
    panel.plot(*broken_at_gaps(times[times <= last], values[times <= last]), color=INK, linewidth=1.3, label="actual")


def _draw_forecast(panel: Axes, forecasts: Forecasts, colour: str, label: str) -> None:
    """Draw one step ahead as a line; several steps as lines that do not overlap, one beginning where one ends."""
    if forecasts.horizon == 1:
        times, values = forecasts.times[:_MOST_VALUES, 0], forecasts.predicted[:_MOST_VALUES, 0]
        panel.plot(*broken_at_gaps(times, values), color=colour, linewidth=1.3, label=label)
        return
    last = None
    for times, values in zip(forecasts.times[:_MOST_VALUES], forecasts.predicted[:_MOST_VALUES], strict=True):
        if last is not None and times[0] <= last:
            continue
        panel.plot(times, values, color=colour, linewidth=1.3, label=label if last is None else None)
        last = times[-1]


def _line(forecasts: Forecasts) -> tuple[Array, Array]:
    """Return times and actual values, each once."""
    times, first = np.unique(forecasts.times.ravel(), return_index=True)
    return times, forecasts.actual.ravel()[first]
