"""What to try next: more seeds where noise hides the answer, what ails the best, where the tried values point to."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from dlrun.config.dump import override_text
from dlrun.config.overrides import split_key
from dlrun.evaluation.comparison import MOST_RUNS, POWER
from dlrun.plots.style import number
from dlrun.report.comparison.compared import Compared
from dlrun.report.comparison.noise import is_real
from dlrun.report.diagnosis import verdict_words
from dlrun.report.evaluation import metric_name
from dlrun.report.section import Section, Source, called
from dlrun.training.diagnose import diagnose
from dlrun.training.group import Group

_USUAL_SEEDS = 5
_MOST_SEEDS = 30  # that anybody would want to wait for
_TUNED = ("preprocessing", "layers", "compile", "fit", "callbacks")  # others say what is learned from, and what is told
_NOT_TUNED = ("seed", "validation_split", "horizon", "gap", "stride")


def next_section(compared: Compared) -> Section:
    """Return the section of the next experiments."""
    group = compared.best or compared.groups[0]
    source = Source(group.runs[0], compared.trust)
    found = diagnose(source.run)
    verdicts = [verdict_words(verdict) for verdict in found.verdicts]
    advice = [*_seeds(compared), *_further(compared), *_unfinished(compared)]
    mended = any(verdict.change for verdict in found.verdicts)
    content = {
        "advice": advice,
        "best": group.name,
        "verdicts": verdicts,
        "not_judged": list(found.not_judged),
        "command": f"dlrun diagnose {called(group.runs[0])} --try" if mended else "",
    }
    names = ", ".join(one["name"] for one in verdicts)
    about = f"Diagnosis of {group.name}: {names}." if names else ""
    return Section("next", "What to try next", about, content, "compare_next.html")


def _seeds(compared: Compared) -> Iterator[dict[str, Any]]:
    """Advise more seeds where the best and the next cannot be told apart, or were not trained with several."""
    if compared.comparison is None or compared.best is None or compared.metric is None:
        return
    second = compared.comparison.groups[1]
    difference = compared.difference(second, compared.metric)
    single = min(len(compared.best.runs), len(second.runs)) == 1
    if difference is None or (is_real(difference, compared.metric) and not single):
        return
    if compared.best.is_folds or second.is_folds:
        return
    needed = difference.needed if not single else None
    count = max(needed or _USUAL_SEEDS, _USUAL_SEEDS)
    name = metric_name(compared.metric)
    if needed is not None and needed > _MOST_SEEDS:
        size = f"{number(abs(difference.mean))} in {name}"
        many = f"more than {MOST_RUNS:,}" if needed > MOST_RUNS else f"about {needed:,}"
        yield {
            "title": f"Take {compared.best.name} and {second.name} for equally good",
            "why": f"It would take {many} seeds of each to see a difference of {size}. "
            "Prefer the smaller or quicker one.",
            "commands": [],
        }
        return
    why = (
        "What another seed would change is not known from one run each."
        if single
        else f"With so many seeds a difference of this size is seen {100 * POWER:.0f} times out of a hundred."
    )
    yield {
        "title": f"Train {compared.best.name} and {second.name} with {count} seeds",
        "why": why,
        "commands": [f"dlrun train {_config(group)} --seeds {count}" for group in (compared.best, second)],
    }


def _further(compared: Compared) -> Iterator[dict[str, Any]]:
    """Advise to go on in the direction that helped, where a single number was varied and an end of it is best."""
    if compared.best is None or len(compared.keys) != 1:
        return
    key = compared.keys[0]
    values = [compared.setting(group, key) for group in compared.scored]
    best = compared.setting(compared.best, key)
    further = beyond(key, values, best)
    if further is None:
        return
    way = "largest" if best == max(values) else "smallest"
    tried = f"The {way} value tried, {number(float(best))}, is the best of {len(set(values))}"
    yield {
        "title": f"Go further with {key}",
        "why": f"{tried}; the optimum may lie beyond.",
        "commands": [f"dlrun train {_config(compared.best)} {shlex.quote(override_text(key, further))}"],
    }


def beyond(key: str, values: Sequence[Any], best: Any) -> float | int | None:
    """Return the next value of a setting in the direction that helped; None where there is no such direction.

    Args:
        key: The setting.
        values: What was tried.
        best: Which of it was best.
    """
    parts = split_key(key)
    if parts[0] not in _TUNED or parts[-1] in _NOT_TUNED:
        return None
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) and v > 0 for v in values):
        return None
    tried = sorted(set(values))
    if len(tried) < 3 or best not in (tried[0], tried[-1]):
        return None
    further = best * (tried[-1] / tried[-2] if best == tried[-1] else tried[0] / tried[1])
    further = max(1, round(further)) if isinstance(best, int) else float(f"{further:.2g}")
    if further == best or best <= 1 <= further:  # a share, such as the rate of a dropout, ends before 1
        return None
    return further


def _unfinished(compared: Compared) -> Iterator[dict[str, Any]]:
    for group in compared.groups:
        state = group.facts[0]["state"]
        if not group.facts[0].get("metrics"):
            run = called(group.runs[0])
            ended = state in ("diverged", "failed", "damaged")
            yield {
                "title": f"{group.name} has no scores",
                "why": f"Its state is {state}, so it is compared by its curves alone.",
                "commands": [f"dlrun diagnose {run}" if ended else f"dlrun resume {run}"],
            }


def _config(group: Group) -> str:
    return shlex.quote(str(group.runs[0].resolved))
