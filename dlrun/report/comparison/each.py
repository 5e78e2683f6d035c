"""Each experiment by itself, in short: what it is, what it is worth, what ails it, and where to read more."""

from __future__ import annotations

from typing import Any

from dlrun.evaluation.verdict import verdict_of
from dlrun.metrics_file import judged_part
from dlrun.report.comparison.compared import Compared
from dlrun.report.comparison.runs import anchor, repetitions, training_seconds
from dlrun.report.evaluation import interval_of, metric_name
from dlrun.report.preparation import value_words
from dlrun.report.section import Section, called
from dlrun.report.training import seconds_words
from dlrun.training.diagnose import quick_diagnosis
from dlrun.training.group import Group
from dlrun.training.run import Run

_MOST_LAYERS = 12


def each_section(compared: Compared) -> Section:
    """Return the section of the single experiments."""
    content = {"cards": [_card(compared, group) for group in compared.groups]}
    return Section("each", "Each run", "In the order in which they were named.", content, "compare_each.html")


def _card(compared: Compared, group: Group) -> dict[str, Any]:
    run, facts = group.runs[0], group.facts[0]
    config = compared.configs[compared.place(group)]
    metrics = facts.get("metrics") or {}
    layers = [value_words(spec) for spec in config.layers]
    found = quick_diagnosis(Run(run, config))
    return {
        "name": group.name,
        "anchor": anchor(compared, group),
        "colour": compared.colour(group),
        "state": facts["state"],
        "repetitions": repetitions(group),
        "runs": [one.name for one in group.runs] if len(group.runs) > 1 else [],
        "layers": layers[:_MOST_LAYERS],
        "more_layers": max(0, len(layers) - _MOST_LAYERS),
        "facts": _facts(group, metrics),
        "scores": _scores(metrics) if metrics else [],
        "part": judged_part(metrics) if metrics else "",
        "worth": verdict_of(metrics) if metrics else [],
        "verdicts": [(one.name.replace("_", " "), one.name == "good", one.reason) for one in found.verdicts],
        "tags": list(dict.fromkeys(tag for one in group.facts for tag in one["tags"])),
        "notes": list(dict.fromkeys(one["note"] for one in group.facts if one["note"])),
        "command": f"dlrun report {called(run)}",
    }


def _facts(group: Group, metrics: dict[str, Any]) -> list[tuple[str, str]]:
    facts, best = group.facts[0], group.facts[0].get("best")
    told = [("parameters", f"{metrics['parameters']:,}")] if isinstance(metrics.get("parameters"), int) else []
    told += [("epochs", f"{facts['epochs']:,}")] if facts.get("epochs") else []
    told += [("best epoch", f"{best['epoch']:,}")] if best else []
    seconds = training_seconds(group)
    return told + ([("training time", seconds_words(seconds))] if seconds else [])


def _scores(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    part = judged_part(metrics)
    names = [name for name in metrics.get(part, {}) if not name.rpartition(".")[2].isdigit()]
    return [
        {"name": metric_name(name), "value": metrics[part][name], "interval": interval_of(metrics, part, name)}
        for name in names
    ]
