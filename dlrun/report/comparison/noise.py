"""Whether the best is better by more than noise: its difference from each of the others, with intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dlrun.evaluation.comparison import MOST_RUNS, Difference
from dlrun.evaluation.scores import is_higher_better
from dlrun.report.comparison.compared import Compared
from dlrun.report.comparison.runs import anchor, shown_metrics
from dlrun.report.dots import Dot, Scale, dots
from dlrun.report.evaluation import metric_name
from dlrun.report.page import score_text
from dlrun.report.section import Section
from dlrun.training.group import Group

_MANY = 3  # experiments, of which the best is the best partly by luck
_SINGLE = "one run of each"
_HOW = {
    "paired": "{} pairs of the same seed and rows",
    "unpaired": "{} runs each, not paired",
    "rows": "{} rows, drawn again and again",
}


def noise_section(compared: Compared) -> Section:
    """Return the section of the differences."""
    told, _ = lead(compared)
    content: dict[str, Any] = {"pictures": [], "doubts": [], "best": compared.best.name if compared.best else ""}
    if compared.comparison is not None:
        pictures = (_picture(compared, metric) for metric in shown_metrics(compared))
        content["pictures"] = [picture for picture in pictures if picture["rows"]]
        notes = [group.note for group in compared.groups]  # stand at the head of the page
        content["doubts"] = _doubts([doubt for doubt in compared.comparison.doubts if doubt not in notes])
        if len(compared.comparison.groups) > _MANY:
            content["doubts"].append(
                f"The best of {len(compared.comparison.groups)} was picked after looking at their scores, so a part "
                "of its lead is luck; train it again with other seeds before you tell anybody."
            )
    return Section("noise", "Is it noise?", told, content, "compare_noise.html")


def _doubts(doubts: Sequence[str]) -> list[str]:
    """Return the doubts as sentences; what is to be said of every pair of single runs is said once, and last."""
    single = [doubt for doubt in doubts if doubt.startswith(_SINGLE)]
    told = [f"{doubt}." for doubt in doubts if doubt not in single]  # they begin with a name, which stays as it is
    if not single:
        return told
    one = re.sub(r" \(.*?\): ", ": ", single[0], count=1) if len(single) > 1 else single[0]
    return [*told, f"{one[0].upper()}{one[1:]}."]


def lead(compared: Compared) -> tuple[str, bool]:
    """Return in a sentence or two how far the best is ahead of the next, and whether that is more than noise."""
    best, metric = compared.best, compared.metric
    if best is None or metric is None or compared.comparison is None:
        return compared.no_comparison, False
    second = compared.comparison.groups[1]
    difference = compared.difference(second, metric)
    if difference is None:
        why = compared.comparison.apart.get(1, "")
        return f"{why}." if why else f"Whether {best.name} is better by more than noise is not known.", False
    if difference.mean == 0:
        return f"{best.name} and {second.name} have the same {metric_name(metric)}, the best of all.", False
    first, other = compared.comparison.names[1]
    size, interval = score_text(abs(difference.mean)), f"95 % interval {_interval(difference)}"
    if not is_ahead(difference, metric):  # they are not all that the means are of
        noise = "is larger than noise" if difference.is_real else "may be noise"
        told = f"{best.name} has the best {metric_name(metric)}, but where they can be held against each other"
        return f"{told} {other} is ahead of {first} by {size} ({interval}): that {noise}.", False
    which = "" if first == best.name else f"{first} is "
    ahead = f"{best.name} has the best {metric_name(metric)}, {which}ahead of {other} by {size}"
    if is_real(difference, metric):
        return f"{ahead} ({interval}): that is larger than noise.", True
    return f"{ahead} ({interval}): that may be noise.{_needed(difference)}", False


def needed_runs(difference: Difference) -> str:
    """Return how many runs would show a difference of this size: `about 12`; empty where that is not known."""
    if difference.needed is None:
        return ""
    return f"more than {MOST_RUNS:,}" if difference.needed > MOST_RUNS else f"about {difference.needed:,}"


def _needed(difference: Difference) -> str:
    many = needed_runs(difference)
    return f" A difference of this size takes {many} seeds of each to be seen." if many else ""


def _interval(difference: Difference) -> str:
    low, high = sorted((abs(difference.low), abs(difference.high)))
    if difference.low <= 0 <= difference.high:  # on both sides: signs are needed
        ends = (difference.low, difference.high) if difference.mean > 0 else (-difference.high, -difference.low)
        low, high = ends
    return f"{score_text(low)} to {score_text(high)}"


def is_ahead(difference: Difference, metric: str) -> bool:
    """Tell whether the best is better where the two can be held against each other, as its mean is."""
    return (difference.mean < 0) == is_higher_better(metric)


def is_real(difference: Difference, metric: str) -> bool:
    """Tell whether the best is better for sure: the other's score is worse in the whole interval."""
    return difference.high < 0 if is_higher_better(metric) else difference.low > 0


def _picture(compared: Compared, metric: str) -> dict[str, Any]:
    found = [(group, difference) for group in compared.scored if (difference := compared.difference(group, metric))]
    order = {id(group): place for place, group in enumerate(compared.order(metric))}
    found.sort(key=lambda one: order[id(one[0])])
    if not found:
        return {"rows": []}
    scale = Scale.around([v for _, one in found for v in (one.mean, one.low, one.high)], zero=True)
    scale = Scale(scale.low, scale.high, 0.0)
    rows = [_row(compared, group, one, metric, scale) for group, one in found]
    return {"title": metric_name(metric), "rows": rows, "axis": scale.axis(), "main": metric == compared.metric}


def _row(compared: Compared, group: Group, one: Difference, metric: str, scale: Scale) -> dict[str, Any]:
    worse = (one.mean < 0) == is_higher_better(metric)
    verdict = ("worse" if worse else "better") if one.is_real else "within noise"
    return {
        "name": group.name,
        "anchor": anchor(compared, group),
        "colour": compared.colour(group),
        "picture": dots(Dot(group.name, compared.colour(group), one.mean, (one.low, one.high)), scale),
        "value": _signed(one.mean),
        "interval": [_signed(one.low), _signed(one.high)],
        "verdict": verdict,
        "how": _HOW[one.method].format(f"{one.count:,}"),
        "needed": needed_runs(one) if not one.is_real else "",
    }


def _signed(value: float) -> str:
    return f"+{score_text(value)}" if value > 0 else score_text(value)
