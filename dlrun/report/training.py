"""How it learned: loss and metrics over the epochs, best epoch, time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.metrics_file import LARGEST
from dlrun.plots.learning_curves import MOST_PANELS, best_epoch, curve_names
from dlrun.plots.results import has_scaled_target
from dlrun.plots.style import number
from dlrun.report.charts import Chart, Line, Mark, wants_log
from dlrun.report.section import Section, Source

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 300  # of the table below the charts
_STATES = {
    "finished": "trained all its epochs",
    "diverged": "diverged: the loss was no number any more",
    "interrupted": "was interrupted",
    "failed": "failed",
}


def training_section(source: Source) -> Section:
    """Return the section of the learning curves."""
    history, record = source.history, source.dir.record
    if history is None:
        return Section("training", "Training", "No epoch was finished.", {"charts": [], "facts": [], "table": None})
    best = best_epoch(history)
    content = {
        "charts": [_chart(history, name, best) for name in curve_names(list(history.columns))[:MOST_PANELS]],
        "facts": _facts(history, record, best),
        "table": _table(history, best),
        "scaled": has_scaled_target(source.dir),
    }
    return Section("training", "Training", _about(source, history, best), content)


def _about(source: Source, history: pd.DataFrame, best: int | None) -> str:
    judged = "val_loss" if "val_loss" in history else "loss"
    words = "validation loss" if judged == "val_loss" else "training loss"
    ended = source.dir.record.get("reason") or _STATES.get(source.dir.state, source.dir.state)
    told = f"The run {ended}." if " " in str(ended) else f"It ended: {ended}."
    if best is None:
        return told
    lowest = number(float(history[judged][best]))
    return f"Lowest {words} {lowest} at epoch {best} of {int(history.index[-1])}. {told}"


def seconds_of(record: Mapping[str, Any]) -> list[float]:
    """Return what each epoch took, as run.json tells it; nothing of what is no time."""
    told = record.get("epoch_seconds")
    return [float(s) for s in told if type(s) in (int, float) and 0 <= s < LARGEST] if isinstance(told, list) else []


def _facts(history: pd.DataFrame, record: dict[str, Any], best: int | None) -> list[tuple[str, str]]:
    seconds = seconds_of(record)
    facts = [("epochs", f"{int(history.index[-1]):,}")]
    facts += [("best epoch", f"{best:,}")] if best is not None else []
    facts += [("training time", seconds_words(sum(seconds)))] if seconds else []
    facts += [("an epoch", seconds_words(float(np.median(seconds))))] if seconds else []
    return facts


def seconds_words(seconds: float) -> str:
    """Return a time as `1 h 5 min`, `3 min 20 s`, `2.1 s`, `24 ms`."""
    if seconds >= 3600:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
    if seconds >= 60:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def _chart(history: pd.DataFrame, name: str, best: int | None) -> Chart:
    epochs = history.index.to_numpy(np.float64)
    pairs = (("muted" if name == "learning_rate" else "train", name, "training"),
             ("validation", f"val_{name}", "validation"))  # fmt: skip
    lines = [
        Line(name if name == "learning_rate" else label, colour, epochs, history[column].to_numpy(np.float64),
             points=len(epochs) == 1)
        for colour, column, label in pairs
        if column in history
    ]  # fmt: skip
    marks = [Mark(float(best), f"best epoch {best}")] if best is not None and name != "learning_rate" else []
    text = f"{name} over {len(epochs)} epochs. " + " ".join(_in_words(line) for line in lines)
    return Chart(name, "epoch", name, lines, text, marks, wants_log(lines), "epochs", whole=True)


def _in_words(line: Line) -> str:
    known = line.y[np.isfinite(line.y)]
    if not len(known):
        return f"{line.label} has no value."
    return f"{line.label} goes from {number(float(known[0]))} to {number(float(known[-1]))}."


def _table(history: pd.DataFrame, best: int | None) -> dict[str, Any]:
    shown = history.iloc[:_MOST_ROWS]
    rows = [(int(epoch), [None if v != v else float(v) for v in line]) for epoch, line in
            zip(shown.index, shown.to_numpy(np.float64), strict=True)]  # fmt: skip
    return {"columns": list(map(str, history.columns)), "rows": rows, "best": best, "more": len(history) - len(shown)}
