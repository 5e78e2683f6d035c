"""Writes the page of several runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dlrun.evaluation.scores import is_higher_better
from dlrun.plots.write import safe_name
from dlrun.report.comparison.compared import Compared, find_groups
from dlrun.report.comparison.curves import curves_section
from dlrun.report.comparison.each import each_section
from dlrun.report.comparison.next import next_section
from dlrun.report.comparison.noise import is_ahead, lead, noise_section
from dlrun.report.comparison.runs import repetitions, runs_section, short_keys
from dlrun.report.comparison.scores import scores_section
from dlrun.report.comparison.settings import settings_section
from dlrun.report.evaluation import metric_name
from dlrun.report.page import page
from dlrun.report.preparation import value_words
from dlrun.report.section import Section
from dlrun.report.write import when, write_page, write_report
from dlrun.run_dir import now

_SECTIONS: Sequence[Callable[[Compared], Section]] = (
    runs_section, scores_section, noise_section, curves_section, settings_section, next_section, each_section,
)  # fmt: skip
_STATES = {
    "created": "has not begun", "running": "is still training", "finalizing": "is being finished",
    "failed": "failed", "interrupted": "was interrupted", "diverged": "diverged",
}  # fmt: skip
_LONGEST_NAME = 100
_MOST_NAMES = 3  # in the title


def write_reports(which: Sequence[str], runs_dir: Path, file: Path | None = None, *, trust: bool = False) -> Path:
    """Write the page of a run, or the page of several, each of which may stand for all its seeds.

    Args:
        which: Names and folders; a name without a number stands for its newest run that has scores, and for all that
            differ from it in the seed or fold alone.
        runs_dir: Where names are looked up.
        file: Where to; default: in the first run's folder.
        trust: Whether the runs' own code may run.

    Raises:
        RunError: If there is no such run, or one is damaged.
        DiskError: If the file cannot be written.
    """
    groups = find_groups(which, runs_dir)
    if len(groups) == 1:
        return write_report(groups[0].runs[-1], file, trust=trust)
    compared = Compared(groups, trust)
    sections = [make(compared) for make in _SECTIONS]
    title = f"{_names(compared)} · dlrun report"
    first = groups[0].runs[0]
    others = "-".join(group.name for group in groups[1:])
    default = first.path / f"report-vs-{safe_name(others, _LONGEST_NAME)}.html"
    return write_page(page(title, _header(compared), sections), file, first, default)


def _names(compared: Compared) -> str:
    names = [group.name for group in compared.groups]
    if len(names) > _MOST_NAMES + 1:
        return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _header(compared: Compared) -> dict[str, Any]:
    runs = sum(len(group.runs) for group in compared.groups)
    told, real = lead(compared)
    known = (config.data.target for config in compared.configs if config.data is not None)
    what = f"Predicting {', '.join(dict.fromkeys(str(target) for targets in known for target in targets))}"
    many = f"{len(compared.groups):,} experiments, {runs:,} runs" if runs > len(compared.groups) else f"{runs:,} runs"
    rows = _rows(compared) if compared.best is not None else None
    scored = f", scored on {rows:,} {compared.part} rows" if rows else ""
    states = [(group.name, group.facts[0]["state"]) for group in compared.groups]
    warnings = [f"{name} {_STATES.get(state, f'is {state}')}." for name, state in states if state != "finished"]
    warnings += [f"{group.note[0].upper()}{group.note[1:]}." for group in compared.groups if group.note]
    if compared.best is not None:  # else the verdict says it
        warnings += [f"{why} {compared.groups[n].name} is not ranked." for n, why in compared.apart.items()]
    return {
        "template": "compare_header.html",
        "version": version("dlrun"),
        "names": _names(compared),
        "runs": [{"name": group.name, "colour": compared.colour(group)} for group in compared.groups],
        "eyebrow": f"Comparison · {many} · {when(now())}",
        "lead": f"{what}{scored}.",
        "tiles": list(_tiles(compared)),
        "verdict": told,
        "real": real,
        "warnings": warnings,
    }


def _rows(compared: Compared) -> int | None:
    """Return how many rows the scores are of, if that is the same for all."""
    counts = {((group.facts[0]["metrics"] or {}).get("rows") or {}).get(compared.part) for group in compared.scored}
    count = counts.pop() if len(counts) == 1 else None
    return int(count) if count else None


def _tiles(compared: Compared) -> list[dict[str, Any]]:
    """Return what stands at the head: the best, its score, the difference from the next, what is different."""
    best, metric = compared.best, compared.metric
    if best is None or metric is None:
        return []
    found, interval = compared.spread(best, metric), compared.interval(best, metric)
    assert found is not None
    tiles: list[dict[str, Any]] = [
        {"label": f"best {metric_name(metric)}", "value": found.mean, "text": "", "interval": interval,
         "small": best.name + (f", {repetitions(best)}" if repetitions(best) else ""), "colour": compared.colour(best)},
    ]  # fmt: skip
    if compared.comparison is not None:
        second = compared.comparison.groups[1]
        difference = compared.difference(second, metric)
        if difference is not None and (is_ahead(difference, metric) or not difference.mean):
            ends = (
                sorted((-difference.low, -difference.high))
                if is_higher_better(metric)
                else (difference.low, difference.high)
            )
            tiles.append({"label": "ahead of the next by", "value": abs(difference.mean), "text": "",
                          "interval": [end + 0.0 for end in ends],  # without -0
                          "small": compared.comparison.names[1][1], "colour": compared.colour(second)})  # fmt: skip
    keys = compared.keys
    if keys:
        text = short_keys(keys)[0] if len(keys) == 1 else f"{len(keys)} settings"
        small = " · ".join(value_words(compared.setting(g, keys[0])) for g in compared.groups) if len(keys) == 1 else (
            ", ".join(short_keys(keys)[:3]))  # fmt: skip
        tiles.append({"label": "what differs", "value": None, "text": text, "interval": None, "small": small,
                      "colour": ""})  # fmt: skip
    return tiles
