"""Runs side by side: what differs in their configs, their scores, and whether the difference is more than noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from dlrun.console.run_list import main_metric
from dlrun.console.tables import Cell, is_too_wide, show_table
from dlrun.console.terminal import heading, say
from dlrun.console.text import count, digits_for, number
from dlrun.evaluation.comparison import MOST_RUNS, Difference
from dlrun.evaluation.scores import better_or_worse
from dlrun.training.compare import Comparison
from dlrun.training.group import setting

_WORDS = {"train": "training"}
_HOW = {
    "paired": "{}, each of the same seed and rows",
    "unpaired": "{}, unpaired",
    "rows": "{}, drawn again and again",
}


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return what `compare --json` prints."""
    part = comparison.part
    return {
        "part": part,
        "keys": comparison.keys,
        "groups": [
            {
                "name": group.name,
                "runs": [str(run.path) for run in group.runs],
                "settings": {key: setting(group.settings, key) for key in comparison.keys},
                "scores": {metric: asdict(s) for metric, s in group.spreads(part).items()},
            }
            for group in comparison.groups
        ],
        "differences": [
            {
                "first": comparison.groups[0].name,
                "second": comparison.groups[place].name,
                "metric": metric,
                **asdict(difference),
                "larger_than_noise": difference.is_real,
            }
            for place, found in comparison.differences.items()
            for metric, difference in found.items()
        ],
        "doubts": comparison.doubts,
    }


def show_comparison(comparison: Comparison, form: str) -> None:
    """Print the table of groups, then what their differences are worth."""
    headers: list[Any] = ["", *comparison.keys, *comparison.metrics]
    shown = form == "table"
    if shown:
        heading(f"scores on the {_WORDS.get(comparison.part, comparison.part)} rows")
    rows = list(_rows(comparison, rounded=form != "csv"))
    if shown and is_too_wide([headers, *rows]):
        headers, *rows = [list(column) for column in zip(headers, *rows, strict=True)]
    show_table(headers, rows, form)
    if not shown:
        return
    if not comparison.keys:
        alike = all(group.repetitions == comparison.groups[0].repetitions for group in comparison.groups)
        say("their configs are the same" + ("" if alike else ", but for seeds and folds"))
    for place, found in comparison.differences.items():
        if found:
            _show_differences(*comparison.names[place], found)
    for doubt in comparison.doubts:
        say(f"note: {doubt}")


def _rows(comparison: Comparison, rounded: bool) -> Iterator[list[Cell]]:
    spreads = [group.spreads(comparison.part) for group in comparison.groups]
    digits = {m: digits_for([own[m].mean for own in spreads]) for m in comparison.metrics}
    for group, own in zip(comparison.groups, spreads, strict=True):
        settings = [_setting(setting(group.settings, key)) for key in comparison.keys]
        several = len(group.runs) > 1
        many = count(len(group.runs), "fold" if group.is_folds else "seed")
        scores: list[Cell] = []
        for metric in comparison.metrics:
            mean, std = own[metric].mean, own[metric].std
            text = number(mean, digits[metric]) + (f" ± {number(std, digits[metric])}" if several else "")
            scores.append(text if rounded else mean)
        yield [f"{group.name} ({many})" if several else group.name, *settings, *scores]


def _setting(value: Any) -> Cell:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "–" if value is None else value if isinstance(value, (str, bool, int, float)) else str(value)


def _show_differences(first: str, second: str, found: Mapping[str, Difference]) -> None:
    how = next(iter(found.values()))
    heading(f"{second} against {first}: {_HOW[how.method].format(_counted(how))}")
    rows = []
    for metric, one in found.items():
        digits = digits_for([one.mean, one.low, one.high])
        cells = [number(value, digits) for value in (one.mean, one.low, one.high)]
        rows.append([metric, *cells, _verdict(metric, one)])
    show_table(["", "difference", "95 % from", "to", ""], rows, right=("difference", "95 % from", "to"))
    telling = main_metric(list(found))
    if telling is not None:
        say()
        say(in_words(first, second, telling, found[telling]))


def _counted(difference: Difference) -> str:
    word = {"paired": "pair", "unpaired": "run"}.get(difference.method, "row")
    return count(difference.count, word)


def _verdict(metric: str, difference: Difference) -> str:
    if not difference.is_real:
        return "within noise"
    return better_or_worse(metric, difference.mean)


def in_words(first: str, second: str, metric: str, difference: Difference) -> str:
    """Return whether a difference is larger than noise, as a sentence."""
    name = metric.upper() if metric in ("rmse", "mae", "mape", "r2") else metric.replace("_", " ")
    size = number(abs(difference.mean))
    way = "higher" if difference.mean > 0 else "lower"
    if not difference.mean and not difference.low and not difference.high:
        return f"The {name} of {second} and {first} is the same."
    if difference.is_real:
        better = better_or_worse(metric, difference.mean)
        return f"{second} is {better} than {first}: its {name} is {size} {way}, and that is larger than noise."
    told = f"The {name} of {second} is {size} {way} than that of {first}; that may be noise."
    if difference.needed is None:
        return told
    many = f"more than {MOST_RUNS:,}" if difference.needed > MOST_RUNS else f"about {difference.needed:,}"
    return f"{told} A difference of this size takes {many} seeds of each to be seen."
