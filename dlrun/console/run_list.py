"""The table of runs: on the screen, as CSV, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dlrun.console.tables import Cell, show_table
from dlrun.console.terminal import say
from dlrun.console.text import number
from dlrun.metrics_file import judged_part
from dlrun.run_filter import value_of
from dlrun.run_settings import settings_of

_MAIN_METRICS = ("accuracy", "rmse", "loss")


def main_score(metrics: Mapping[str, Any] | None) -> tuple[str, str, float] | None:
    """Return part, metric and value of the score that tells most: of test rows, accuracy or RMSE."""
    metrics = metrics or {}
    part = judged_part(metrics)
    scores = {metric: value for metric, value in metrics.get(part, {}).items() if value is not None}
    metric = main_metric(list(scores))
    return None if metric is None else (part, metric, float(scores[metric]))


def main_metric(metrics: Sequence[str]) -> str | None:
    """Return the score that tells most among several."""
    found = (metric for wanted in _MAIN_METRICS for metric in metrics if metric.rpartition(".")[2] == wanted)
    return next(found, None)


def show_runs(
    facts: Sequence[Mapping[str, Any]],
    runs_dir: Path,
    left_out: Sequence[str] = (),
    *,
    columns: Sequence[str] = (),
    form: str = "table",
    asked: bool = False,
) -> None:
    """Print the table of runs.

    Args:
        facts: Of each run, in order.
        runs_dir: Where they are.
        left_out: What is named like a run and is none: links, folders without a run.json.
        columns: Keys of settings and scores to show beside the usual columns.
        form: "table", "csv" or "markdown".
        asked: Whether conditions were given, so that others may be there.
    """
    if form == "table":
        for name in left_out:
            say(f"left out: {name}, which is a link or has no run.json")
        if not facts:
            say(f"no run in {runs_dir} is like that" if asked else f"no run in {runs_dir}; {_START}")
            return
    remarks = [key for key in ("tags", "note") if any(one.get(key) for one in facts)]
    headers = ["run", "state", "best epoch", "result", "started", *columns, *remarks]
    rows = [
        [one["name"], one["state"], _best(one.get("best")), _result(one.get("metrics")), when(one["created"]),
         *(_cell(key, one) for key in columns), *(_remark(one.get(key)) for key in remarks)]
        for one in facts
    ]  # fmt: skip
    show_table(headers, rows, form, right=columns)


_START = "start one with: dlrun train CONFIG"


def _cell(key: str, facts: Mapping[str, Any]) -> Cell:
    value = value_of(key, dict(facts), settings_of)
    return _remark(value) if isinstance(value, list) else value


def _remark(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


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
