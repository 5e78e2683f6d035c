"""The learning curves of all experiments laid over each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.learning_curves import curve_names
from dlrun.plots.results import has_scaled_target, load_history
from dlrun.plots.style import number, shorten
from dlrun.report.charts import Chart, Line, wants_log
from dlrun.report.comparison.compared import Compared
from dlrun.report.comparison.runs import repetitions
from dlrun.report.section import Section
from dlrun.training.compare import unlike_losses

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.training.group import Group

Array = np.ndarray[Any, Any]

_MOST_CHARTS = 8
_MOST_SEEDS = 10  # of an experiment, that are drawn one by one
_COLOURS = 10
_RATIO = 25.0  # of largest to smallest value: the runs' last epochs, by which they are told apart, are to be seen


def curves_section(compared: Compared) -> Section:
    """Return the section of the learning curves."""
    histories = {id(group): _histories(group) for group in compared.groups}
    columns = [str(column) for own in histories.values() for history in own for column in history.columns]
    names = [name for name in curve_names(columns) if name != "learning_rate"]
    charts = [_chart(compared, histories, name) for name in names[:_MOST_CHARTS]]
    lines = [line for chart in charts for line in chart.lines]
    content = {
        "charts": charts,
        "left_out": max(0, len(names) - _MOST_CHARTS),
        "training": any(line.role == "training" for line in lines),
        "seeds": any(line.role == "seed" for line in lines),
        "scaled": any(has_scaled_target(group.runs[0]) for group in compared.groups),
        "unlike": list(dict.fromkeys(k for one in compared.groups for k in unlike_losses(compared.groups[0], one))),
        "silent": [group.name for group in compared.groups if not histories[id(group)]],
    }
    about = "No epoch of these runs was finished." if not charts else _about(content)
    return Section("curves", "Learning curves", about, content, "compare_curves.html")


def _about(content: dict[str, Any]) -> str:
    told = "Solid lines are of the validation rows, dashed ones of the training rows." if content["training"] else ""
    seeds = (
        "With several seeds a line is their mean, and each seed is drawn thin behind it." if content["seeds"] else ""
    )
    return f"{told} {seeds}".strip() or "Each line is a run."


def _histories(group: Group) -> list[pd.DataFrame]:
    found = (load_history(run) for run in group.runs)
    return [history for history in found if history is not None]


def _chart(compared: Compared, histories: dict[int, list[pd.DataFrame]], name: str) -> Chart:
    lines = []
    for group in compared.groups:
        own = histories[id(group)]
        validated = any(f"val_{name}" in history for history in own)
        lines += _lines(compared, group, own, f"val_{name}" if validated else name, "")
        if validated:
            lines += _lines(compared, group, own, name, "training")
    told = [_in_words(line) for line in lines if not line.role]
    text = f"{name} by epoch, a line for each run. {' '.join(told)}"
    return Chart(
        name, "epoch", name, lines, text, log=wants_log(lines, _RATIO), sync="epochs", shape="half", whole=True
    )


def _lines(compared: Compared, group: Group, own: list[pd.DataFrame], column: str, role: str) -> list[Line]:
    """Return the mean of a group's curves, and, of the judged ones, each curve."""
    known = [history[column].dropna() for history in own if column in history]
    known = [one for one in known if len(one)]
    if not known:
        return []
    many = repetitions(group)
    label = f"{shorten(group.name, 40)} ({many})" if many else shorten(group.name, 40)
    style: dict[str, Any] = {"group": str(compared.place(group)), "points": max(map(len, known)) == 1}
    dashed = bool(role) or compared.place(group) >= _COLOURS  # colours come round again, and look different then
    epochs, mean = _mean(known)
    lines = [Line(label, compared.colour(group), epochs, mean, dashed=dashed, role=role, thin=bool(role), **style)]
    if not role and len(known) > 1:
        lines += [
            Line(label, compared.colour(group), *_points(one), thin=True, role="seed", **style)
            for one in known[:_MOST_SEEDS]
        ]
    return lines


def _points(curve: pd.Series) -> tuple[Array, Array]:
    return curve.index.to_numpy(np.float64), curve.to_numpy(np.float64)


def _mean(curves: list[pd.Series]) -> tuple[Array, Array]:
    """Return the mean over those that all have an epoch: one that stopped early would make the others' mean jump."""
    import pandas as pd

    table = pd.concat(curves, axis=1, join="inner" if len(curves) > 1 else "outer").sort_index()
    return table.index.to_numpy(np.float64), table.mean(axis=1).to_numpy(np.float64)


def _in_words(line: Line) -> str:
    known = line.y[np.isfinite(line.y)]
    return f"{line.label} ends at {number(float(known[-1]))}." if len(known) else f"{line.label} has no value."
