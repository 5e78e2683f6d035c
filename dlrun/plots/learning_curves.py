"""Loss and metrics over the epochs, with the best epoch marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlrun.plots.results import has_scaled_target, load_history
from dlrun.plots.style import COLOURS, MUTED, colours, finish, log_scale, new_figure, number, shorten

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir

_NO_CURVES = {"epoch", "seconds", "time"}
_TRAINING, _VALIDATION = COLOURS[0], COLOURS[1]
MOST_PANELS = 20
_DECADES = 100.0  # the ratio of largest to smallest value from which a log scale is used


def applies(run: RunDir) -> bool:
    """Tell whether the run has finished an epoch."""
    return load_history(run) is not None


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw one panel for the loss and one for each metric, of one run or of several laid over each other."""
    histories = _histories(runs)
    if not histories:
        return {}
    names = curve_names([column for history in histories.values() for column in history.columns])
    left_out = len(names[MOST_PANELS:])
    names = names[:MOST_PANELS]
    columns = len(names) if len(names) <= 3 else 2 if len(names) == 4 else 3
    rows = -(-len(names) // columns)
    figure = new_figure(max(6.6, 4.3 * columns), 3.0 * rows + 0.7)
    for index, name in enumerate(names):
        panel = figure.add_subplot(rows, columns, index + 1)
        if len(histories) == 1:
            _draw_one(panel, next(iter(histories.values())), name)
        else:
            _draw_several(panel, histories, name)
        _finish(panel, name, histories)
    title, subtitle = _words(histories)
    scaled = "; in units of the scaled target" if any(has_scaled_target(run) for run in runs) else ""
    more = f"; {left_out} more metrics are in history.csv" if left_out else ""
    return {"": finish(figure, title, subtitle + scaled + more)}


def _histories(runs: Sequence[RunDir]) -> dict[str, pd.DataFrame]:
    """Return histories by their runs' names; runs of two folders may be called alike."""
    histories: dict[str, pd.DataFrame] = {}
    for run in runs:
        history = load_history(run)
        if history is not None:
            name = shorten(run.name, 40)
            names = (name, *(f"{name} ({count})" for count in range(2, len(runs) + 1)))
            histories[next(text for text in names if text not in histories)] = history
    return histories


def curve_names(columns: Sequence[str]) -> list[str]:
    """Return what there is a panel for: `loss` first, then each metric, named as in training."""
    names = dict.fromkeys(column.removeprefix("val_") for column in columns if column not in _NO_CURVES)
    return sorted(names, key=lambda name: (name != "loss", name == "learning_rate"))


def best_epoch(history: pd.DataFrame) -> int | None:
    """Return the epoch with the lowest validation loss (training loss where nothing validates)."""
    judged = _judged("loss", history)
    known = history[judged].dropna() if judged in history else history.iloc[:0, 0]
    return int(known.index.to_numpy()[known.to_numpy().argmin()]) if len(known) else None


def _judged(name: str, history: pd.DataFrame) -> str:
    return f"val_{name}" if f"val_{name}" in history else name


def _draw_one(axes: Axes, history: pd.DataFrame, name: str) -> None:
    if name == "learning_rate":
        _line(axes, history[name], color=MUTED)
        return
    epoch = best_epoch(history)
    if epoch is not None:
        axes.axvline(epoch, color=MUTED, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
    for column, label, colour in ((name, "training", _TRAINING), (f"val_{name}", "validation", _VALIDATION)):
        if column in history:
            _line(axes, history[column], color=colour, label=_with_value(label, history, column, epoch))
    _mark(axes, history, name, epoch, _VALIDATION if f"val_{name}" in history else _TRAINING)
    axes.legend(loc=_free_corner(history.get(name)))


def _draw_several(axes: Axes, histories: dict[str, pd.DataFrame], name: str) -> None:
    for (run, history), colour in zip(histories.items(), colours(len(histories)), strict=True):
        judged, epoch = _judged(name, history), best_epoch(history)
        if judged not in history:
            continue
        if judged != name and name in history:
            _line(axes, history[name], color=colour, linewidth=1.0, linestyle=(0, (4, 2)), alpha=0.65)
        _line(axes, history[judged], color=colour, label=_with_value(run, history, judged, epoch))
        if name != "learning_rate":
            _mark(axes, history, name, epoch, colour)
    axes.legend(loc=_free_corner(next(iter(histories.values())).get(name)))


def _line(axes: Axes, values: pd.Series[float], **style: object) -> None:
    known = values.dropna()  # with validation_freq, epochs without validation have no value
    marker = "o" if len(known) <= 3 else None
    axes.plot(known.index.to_numpy(), known.to_numpy(), marker=marker, markersize=4, **style)  # type: ignore[arg-type]


def _mark(axes: Axes, history: pd.DataFrame, name: str, epoch: int | None, colour: str) -> None:
    value = history[_judged(name, history)].get(epoch)
    if epoch is not None and value is not None and value == value:
        axes.plot([epoch], [value], "o", color=colour, markersize=6.5, markeredgecolor="white", zorder=5)


def _with_value(label: str, history: pd.DataFrame, column: str, epoch: int | None) -> str:
    """Return a curve's name with its value at the best epoch: a number beside the dot would hide the curve."""
    value = history[column].get(epoch)
    return label if value is None or value != value else f"{label}   {number(float(value))}"


def _free_corner(values: pd.Series[float] | None) -> Literal["upper right", "lower right"]:
    """Return the corner that a curve leaves free: above a falling one, below a rising one."""
    known = values.dropna().to_numpy() if values is not None else np.empty(0)
    return "upper right" if len(known) < 2 or known[-1] <= known[0] else "lower right"


def _finish(axes: Axes, name: str, histories: dict[str, pd.DataFrame]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(name)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, steps=[1, 2, 5, 10]))
    if all(len(history) == 1 for history in histories.values()):
        axes.set_xlim(0.5, 1.5)
        axes.set_xticks([1])
    found = [history[column] for history in histories.values() for column in (name, f"val_{name}") if column in history]
    low, high = min(values.min() for values in found), max(values.max() for values in found)
    if low > 0 and high / low >= _DECADES:
        log_scale(axes)


def _words(histories: dict[str, pd.DataFrame]) -> tuple[str, str]:
    if len(histories) > 1:
        dots = "Dots and values: the epoch with a run's lowest validation loss; dashed: training"
        return "Learning curves of " + shorten(", ".join(histories), 50), dots
    name, history = next(iter(histories.items()))
    judged, epoch = _judged("loss", history), best_epoch(history)
    if epoch is None:
        return f"Learning curves of {name}", ""
    loss = "validation loss" if judged != "loss" else "training loss"
    value = number(float(history[judged][epoch]))
    return (
        f"Learning curves of {name}",
        f"Lowest {loss} {value} at epoch {epoch} of {int(history.index[-1])}; values are of that epoch",
    )
