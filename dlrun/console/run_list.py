"""The table of runs, and what is known of one run from its folder's small files."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from dlrun.console.scores import judged_part
from dlrun.console.terminal import say, table
from dlrun.console.text import number
from dlrun.errors import RunError
from dlrun.metrics_file import load_metrics
from dlrun.run_dir import RunDir, State

_STATES = get_args(State)
_MAIN_METRICS = ("accuracy", "rmse", "loss")


def facts_of(run: RunDir) -> dict[str, Any]:
    """Return a run's facts as plain values: name, path, state, when, epochs, best epoch and scores.

    A damaged run has the state "damaged" and no more facts, so that it does not hide the others.
    """
    facts: dict[str, Any] = {"name": run.name, "path": str(run.path), "state": "damaged", "created": None}
    try:
        record = run.record
        facts["created"] = record.get("created")
        facts["metrics"] = load_metrics(run) if run.has(run.metrics) else None
        facts.update(_history_facts(run))
        facts["state"] = state if (state := run.state) in _STATES else "damaged"
    except (RunError, ValueError, KeyError, TypeError, csv.Error):
        pass  # the state says it
    return facts


def _history_facts(run: RunDir) -> dict[str, Any]:
    """Return how many epochs were finished and which was best, by validation loss where there is one."""
    if not run.has(run.history):
        return {"epochs": 0, "best": None}
    rows = list(csv.DictReader(io.StringIO(run.read_text(run.history), newline=""), strict=True))
    metric = "val_loss" if rows and rows[0].get("val_loss") else "loss"
    values = [(float(row[metric]), int(row["epoch"])) for row in rows if row.get(metric)]
    values = [value for value in values if math.isfinite(value[0])]
    if not values:
        return {"epochs": len(rows), "best": None}
    value, epoch = min(values)
    return {"epochs": len(rows), "best": {"epoch": epoch, "metric": metric, "value": value}}


def main_score(metrics: Mapping[str, Any] | None) -> tuple[str, str, float] | None:
    """Return part, metric and value of the score that tells most: of test rows, accuracy or RMSE."""
    parts = {name: metrics[name] for name in ("train", "validation", "test") if name in metrics} if metrics else {}
    part = judged_part(parts)
    if part is None:
        return None
    scores = parts[part]
    for wanted in _MAIN_METRICS:
        for metric, value in scores.items():
            if metric.rpartition(".")[2] == wanted and value is not None:
                return part, metric, float(value)
    return None


def show_runs(facts: Sequence[Mapping[str, Any]], runs_dir: Path, left_out: Sequence[str] = ()) -> None:
    """Print the table of runs, oldest first.

    Args:
        facts: Of each run.
        runs_dir: Where they are.
        left_out: What is named like a run and is none: links, folders without a run.json.
    """
    for name in left_out:
        say(f"left out: {name}, which is a link or has no run.json")
    if not facts:
        say(f"no run in {runs_dir}; start one with: dlrun train CONFIG")
        return
    rows = [[f["name"], f["state"], _best(f.get("best")), _result(f.get("metrics")), when(f["created"])] for f in facts]
    table(["run", "state", "best epoch", "result", "started"], rows, right=())


def _best(best: Mapping[str, Any] | None) -> str:
    return f"{best['epoch']}: {best['metric']} {number(best['value'])}" if best else ""


def _result(metrics: Mapping[str, Any] | None) -> str:
    found = main_score(metrics)
    if found is None:
        return ""
    part, metric, value = found
    return f"{metric} {number(value)}" + (f" ({part})" if part != "test" else "")


def when(time: object) -> str:
    """Return an ISO time as `2026-11-23 05:12`, as the clock on the wall shows it; empty where it is none."""
    try:
        return datetime.fromisoformat(str(time)).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return ""
