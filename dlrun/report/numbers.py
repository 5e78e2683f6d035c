"""A regression target looked at closely: predicted against actual values, residuals, forecasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.plots.forecasts import Forecasts, broken_at_gaps, judged
from dlrun.plots.results import judged_part, numbers_of, parts_of
from dlrun.plots.style import number
from dlrun.report.charts import Chart, Line, sorted_line
from dlrun.report.section import Source
from dlrun.report.svg import distribution

Array = np.ndarray[Any, Any]

_MOST_SERIES = 4
_MOST_VALUES = 1500


def number_target(source: Source, target: str) -> dict[str, Any]:
    """Return what the template shows of a regression target."""
    found = {part: numbers_of(source.dir, target, part) for part in parts_of(source.dir)}
    found = {part: values for part, values in found.items() if len(values.actual)}
    if not found:
        return {"name": target, "charts": [], "residuals": None}
    part = judged_part(source.dir)
    clouds = [sorted_line(p, p, v.actual, v.predicted, points=True) for p, v in found.items()]
    left = [sorted_line(p, p, v.predicted, v.actual - v.predicted, points=True) for p, v in found.items()]
    title = "Predicted against actual"
    charts = [
        Chart(title, f"actual {target}", f"predicted {target}", clouds,
              f"{title} values of {target}; on the line they are equal.", shape="square", diagonal=True),
        Chart("Residuals by prediction", f"predicted {target}", "actual − predicted", left, shape="square",
              text=f"Actual minus predicted {target}, by the predicted value; 0 is a right prediction."),
    ]  # fmt: skip
    residuals = {p: v.actual - v.predicted for p, v in found.items()}
    own = residuals.get(part, next(iter(residuals.values())))
    told = f"{part} rows: mean {number(float(own.mean()))}, standard deviation {number(float(own.std()))}"
    return {
        "name": target,
        "charts": charts,
        "residuals": distribution(residuals, f"residuals of {target}"),
        "told": told,
        "parts": list(residuals),
    }


def forecast_charts(source: Source, target: str) -> dict[str, Any]:
    """Return the forecasts of a target over time, of some series, and the error by steps ahead."""
    own = judged(source.dir, target)
    charts = [_over_time(target, forecasts) for forecasts in own[:_MOST_SERIES]]
    by_step = _by_step(source, target)
    return {"name": target, "charts": charts + by_step, "left_out": max(0, len(own) - _MOST_SERIES)}


def _over_time(target: str, forecasts: Forecasts) -> Chart:
    times, first = np.unique(forecasts.times.ravel(), return_index=True)
    actual = forecasts.actual.ravel()[first]
    lines = [Line("actual", "ink", *broken_at_gaps(times[:_MOST_VALUES], actual[:_MOST_VALUES]))]
    horizon = forecasts.horizon
    if horizon == 1:
        x, y = broken_at_gaps(forecasts.times[:_MOST_VALUES, 0], forecasts.predicted[:_MOST_VALUES, 0])
        lines.append(Line("forecast", "1", x, y))
    else:
        # Forecasts that do not overlap: one begins where the one before it ends.
        starts, last = [], None
        for place, row in enumerate(forecasts.times):
            if last is None or row[0] > last:
                starts.append(place)
                last = row[-1]
        x, y = forecasts.times[starts].ravel(), forecasts.predicted[starts].ravel()
        lines.append(Line(f"forecast, {horizon} steps ahead", "1", *broken_at_gaps(x[:_MOST_VALUES], y[:_MOST_VALUES])))
    about = f" of {forecasts.name}" if forecasts.name else ""
    title = f"Forecast and what came{about}"
    return Chart(title, "time", target, lines, f"{title}: {target} on the rows that count.", shape="wide")


def _by_step(source: Source, target: str) -> list[Chart]:
    part = judged_part(source.dir)
    naive = source.metrics.get("baseline", {}).get(part, {})
    told = {"the network": source.metrics.get(part, {}), **{name.replace("_", " "): s for name, s in naive.items()}}
    lines = []
    for place, (name, scores) in enumerate(told.items()):
        errors = _errors(scores, target)
        if len(errors) > 1:
            x, y = np.array([*errors], np.float64), np.array([*errors.values()])
            lines.append(Line(name, "0" if not place else "muted", x, y, dashed=bool(place)))
    if not lines:
        return []
    return [Chart("Error by steps ahead", "steps ahead", f"MAE of {target}", lines, shape="wide", whole=True)]


def _errors(scores: dict[str, Any], target: str) -> dict[int, float]:
    """Return step to MAE."""
    found = {}
    for name, value in scores.items():
        head, _, step = name.rpartition(".")
        if step.isdigit() and head in ("mae", f"{target}.mae") and value is not None:
            found[int(step)] = float(value)
    return dict(sorted(found.items()))
