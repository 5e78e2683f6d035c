"""Scores of a forecasting network beside those of forecasts that cost nothing, and by how far ahead they look."""

from __future__ import annotations

from collections.abc import Mapping

from dlrun.console.terminal import heading, table
from dlrun.console.text import digits_for, number

Scores = Mapping[str, float | None]

_METRICS = ("mae", "rmse", "mape", "smape", "mase", "rmsse", "r2")
_MOST_STEPS = 12


def is_step(name: str) -> bool:
    """Tell whether a score is that of one step of the horizon: mae.7."""
    return name.rpartition(".")[2].isdigit()


def show_forecasts(part: str, scores: Scores, baselines: Mapping[str, Scores]) -> None:
    """Print a line for each forecaster, and how the error grows with the distance.

    Args:
        part: The part that counts.
        scores: The network's scores there.
        baselines: Baseline to its scores there.
    """
    targets = [name.rpartition(".")[0] for name in baselines["last_value"] if _last(name) == "mae"]
    for target in targets:
        prefix = f"{target}." if target else ""
        everyone = {"network": scores, **baselines}
        heading(f"{prefix[:-1] or 'forecasts'} on the {part} rows, beside forecasts that cost nothing")
        columns = {metric: [found.get(prefix + metric) for found in everyone.values()] for metric in _METRICS}
        cells = [_cells(values) for values in columns.values()]
        table(["", *columns], [[name, *row] for name, row in zip(everyone, zip(*cells, strict=True), strict=True)])
        _show_steps(prefix, everyone)


def _show_steps(prefix: str, everyone: Mapping[str, Scores]) -> None:
    first = next(iter(everyone.values()))
    last = max((int(_last(name)) for name in first if is_step(name) and name.startswith(f"{prefix}mae.")), default=0)
    shown = sorted({round(1 + (last - 1) * n / (_MOST_STEPS - 1)) for n in range(_MOST_STEPS)}) if last else []
    if not shown:
        return
    names = [name for name, found in everyone.items() if found.get(f"{prefix}mae.1") is not None]
    cells = [_cells([everyone[name].get(f"{prefix}mae.{step}") for step in shown]) for name in names]
    heading("MAE by steps ahead")
    table(["", *names], [[str(step), *row] for step, row in zip(shown, zip(*cells, strict=True), strict=True)])
    metrics = [metric for metric in _METRICS if f"{prefix}{metric}.1" in first]
    cells = [_cells([first.get(f"{prefix}{metric}.{step}") for step in shown]) for metric in metrics]
    heading("the network by steps ahead")
    table(["", *metrics], [[str(step), *row] for step, row in zip(shown, zip(*cells, strict=True), strict=True)])


def _cells(values: list[float | None]) -> list[str]:
    digits = digits_for(values)
    return [number(value, digits) if value is not None else "" for value in values]


def _last(name: str) -> str:
    return name.rpartition(".")[2]
