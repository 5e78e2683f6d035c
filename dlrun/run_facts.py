"""What is known of a run at a glance: state, epochs, best epoch, scores, settings.

A finished run carries it in `run.json`, so that thousands of runs are listed by reading one small file of each; of
others, and of those that older versions made, it is read from their files. All of it may be a stranger's.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from typing import Any, get_args

from dlrun.errors import RunError
from dlrun.metrics_file import LARGEST, check_metrics, load_metrics
from dlrun.run_dir import UNFINISHED, RunDir, State

_STATES = get_args(State)
_KEY = "facts"
_SETTINGS = "config"
_KEPT = ("train", "validation", "test", "rows", "parameters")  # of metrics.json
_DAMAGED = (RunError, ValueError, KeyError, TypeError, csv.Error)
Facts = dict[str, Any]


def facts_of(run: RunDir) -> Facts:
    """Return a run's facts as plain values: name, path, state, when, epochs, best epoch, scores, settings, tags and
    note.

    A damaged run has the state "damaged" and no more facts, so that it does not hide the others.
    """
    facts = _unknown(run)
    try:
        record = run.record
        facts |= _remarks(record)
        facts["metrics"] = load_metrics(run) if run.has(run.metrics) else None
        facts |= history_facts(run)
        facts["state"] = state if (state := run.state) in _STATES else "damaged"
    except _DAMAGED:
        pass  # the state says it
    return facts


def listed_facts(run: RunDir) -> Facts:
    """Return the same facts, but of a finished run those that `run.json` carries; `metrics` then lacks baselines."""
    return kept_facts(run) or facts_of(run)


def kept_facts(run: RunDir) -> Facts | None:
    """Return the facts that `run.json` carries by itself; None where other files, or the run's lock, count too."""
    try:
        record = run.record
        kept = record.get(_KEY)
        if record.get("state") in UNFINISHED or not isinstance(kept, Mapping):
            return None
        return {**_unknown(run), **_remarks(record), **_checked(run, kept), "state": _state(record)}
    except _DAMAGED:
        return None


def remembered_facts(run: RunDir, facts: Mapping[str, Any]) -> Facts | None:
    """Return facts that `kept_facts` gave once, from where they were remembered; None if they are no such."""
    try:
        told = {"state": _state(facts), "created": facts["created"]}
        return {**_unknown(run), **_remarks({**facts, _SETTINGS: None}), **_checked(run, facts), **told}
    except _DAMAGED:
        return None


def facts_to_keep(run: RunDir) -> dict[str, Facts]:
    """Return what a run that has its history and metrics is to carry in `run.json`."""
    metrics = load_metrics(run)
    return {_KEY: {**history_facts(run), "metrics": {name: metrics[name] for name in _KEPT if name in metrics}}}


def history_facts(run: RunDir) -> Facts:
    """Return how many epochs were finished and which was best, by validation loss where there is one."""
    if not run.has(run.history):
        return {"epochs": 0, "best": None}
    metric, epochs, best = "", 0, None
    for row in csv.DictReader(io.StringIO(run.read_text(run.history), newline=""), strict=True):
        metric = metric or ("val_loss" if row.get("val_loss") else "loss")
        epochs += 1
        if row.get(metric):
            found = (float(row[metric]), int(row["epoch"]))
            best = min(best or found, found) if math.isfinite(found[0]) else best
    told = None if best is None else {"epoch": best[1], "metric": metric, "value": best[0]}
    return {"epochs": epochs, "best": told}


def tags_of(record: Mapping[str, Any]) -> list[str]:
    """Return a run's tags."""
    tags = record.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, list) else []


def _unknown(run: RunDir) -> Facts:
    facts = {"name": run.name, "path": str(run.path), "state": "damaged", "created": None}
    return {**facts, "tags": [], "note": "", "config": None}


def _remarks(record: Mapping[str, Any]) -> Facts:
    settings = record.get(_SETTINGS)
    kept = {str(key): value for key, value in settings.items()} if isinstance(settings, dict) else None
    told = {"created": record.get("created"), "config": kept}
    return {**told, "tags": tags_of(record), "note": str(record.get("note") or "")}


def _state(record: Mapping[str, Any]) -> str:
    return str(state) if (state := record.get("state")) in _STATES else "damaged"


def _checked(run: RunDir, kept: Mapping[str, Any]) -> Facts:
    """Return the kept facts if they are what they should be.

    Raises:
        ValueError, KeyError, TypeError, RunError: If they are not; it takes a stranger to make them so.
    """
    check_metrics(run, kept["metrics"])
    best = kept["best"]
    if best is not None:
        number = float(best["value"])
        if not abs(number) < LARGEST:
            raise ValueError("no number")
        best = {"epoch": int(best["epoch"]), "metric": str(best["metric"]), "value": number}
    return {"epochs": int(kept["epochs"]), "best": best, "metrics": dict(kept["metrics"])}
