"""The table of experiments: what is different in each, and what came of it; the best first, and sortable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlrun.config.overrides import split_key
from dlrun.report.comparison.compared import Compared
from dlrun.report.evaluation import metric_name
from dlrun.report.page import score_text
from dlrun.report.preparation import value_words
from dlrun.report.section import Section
from dlrun.report.training import seconds_of, seconds_words
from dlrun.training.group import Group

_MOST_KEYS = 30
_MOST_METRICS = 8


def runs_section(compared: Compared) -> Section:
    """Return the section of the table."""
    ranked = compared.order(compared.metric) if compared.metric is not None and compared.best is not None else []
    groups = [*ranked, *(group for group in compared.groups if not any(group is other for other in ranked))]
    metrics = shown_metrics(compared)
    keys = compared.keys[:_MOST_KEYS]
    places: list[int | None] = [*range(1, len(ranked) + 1), *([None] * (len(groups) - len(ranked)))]
    rows = [_row(compared, group, place, keys, metrics) for group, place in zip(groups, places, strict=True)]
    content = {
        "keys": list(zip(keys, short_keys(keys), strict=True)),
        "numeric": [all(row["settings"][n]["numeric"] for row in rows) for n in range(len(keys))],
        "metrics": [metric_name(metric) for metric in metrics],
        "rows": rows,
        "remarks": any(one["tags"] or one["note"] for group in groups for one in group.facts),
        "several": any(len(group.runs) > 1 for group in groups),
        "left_out": max(0, len(compared.keys) - _MOST_KEYS),
        "part": compared.part,
        "ranked": bool(ranked),
        "apart": list(compared.apart.values()),
    }
    return Section("runs", "Runs", _about(compared), content, "compare_runs.html")


def shown_metrics(compared: Compared, most: int = _MOST_METRICS) -> list[str]:
    """Return the scores that are shown, the one that tells most in front."""
    return sorted(compared.metrics, key=lambda name: name != compared.metric)[:most]


def short_keys(keys: Sequence[str]) -> list[str]:
    """Return each key with as few of its last parts as tell it from the others, two where there are: `fit.epochs`."""
    parts = [split_key(key) for key in keys]
    shown = []
    for own in parts:
        counts = range(min(2, len(own)), len(own))  # with all its parts a key may still end another: `seed`
        count = next((n for n in counts if sum(other[-n:] == own[-n:] for other in parts) == 1), len(own))
        shown.append(".".join(own[-count:]))
    return shown


def anchor(compared: Compared, group: Group) -> str:
    """Return the place of an experiment's own part of the page."""
    return f"run-{compared.place(group)}"


def repetitions(group: Group) -> str:
    """Return how many runs an experiment has: `3 seeds`; empty for one."""
    return f"{len(group.runs):,} {'folds' if group.is_folds else 'seeds'}" if len(group.runs) > 1 else ""


def training_seconds(group: Group) -> float | None:
    """Return how long the epochs of one of its runs took together, on the average."""
    sums = [sum(seconds_of(run.record)) for run in group.runs]
    known = [value for value in sums if value]
    return sum(known) / len(known) if known else None


def _about(compared: Compared) -> str:
    if not compared.keys:
        return "Their configs are the same."
    count = len(compared.keys)
    told = f"{count} setting{'s differ' if count > 1 else ' differs'}; whatever is not shown is the same in all."
    return f"{told} A click on a heading sorts." if len(compared.groups) > 1 else told


def _row(
    compared: Compared, group: Group, place: int | None, keys: Sequence[str], metrics: Sequence[str]
) -> dict[str, Any]:
    facts = group.facts[0]
    best = facts.get("best") or {}
    seconds = training_seconds(group) if facts["state"] != "damaged" else None
    parameters = (facts.get("metrics") or {}).get("parameters")
    return {
        "place": _cell(place, str(place or "–")),
        "name": group.name,
        "anchor": anchor(compared, group),
        "colour": compared.colour(group),
        "repetitions": repetitions(group),
        "state": facts["state"],
        "best": group is compared.best,
        "settings": [_setting(compared.setting(group, key)) for key in keys],
        "scores": [_score(compared, group, metric) for metric in metrics],
        "parameters": _cell(parameters, f"{parameters:,}" if isinstance(parameters, int) else "–"),
        "epoch": _cell(best.get("epoch"), f"{best['epoch']:,} of {facts['epochs']:,}" if best else "–"),
        "time": _cell(seconds, seconds_words(seconds) if seconds is not None else "–"),
        "tags": list(dict.fromkeys(tag for one in group.facts for tag in one["tags"])),
        "notes": list(dict.fromkeys(one["note"] for one in group.facts if one["note"])),
    }


def _setting(value: Any) -> dict[str, Any]:
    numeric = value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
    return _cell(value if numeric else str(value), value_words(value)) | {"numeric": numeric}


def _score(compared: Compared, group: Group, metric: str) -> dict[str, Any]:
    found = compared.spread(group, metric)
    if found is None:
        return _cell(None, "–") | {"best": False, "std": ""}
    std = f"± {score_text(found.std)}" if found.std is not None else ""
    best = compared.best is not None and compared.order(metric)[0] is group
    return _cell(found.mean, score_text(found.mean)) | {"best": best, "std": std}


def _cell(value: Any, text: str) -> dict[str, Any]:
    """Return a cell: what is shown, and what it is sorted by."""
    return {"sort": "" if value is None else value, "text": text}
