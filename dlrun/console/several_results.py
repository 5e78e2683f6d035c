"""What several runs say at their end: the scores of each, and over repeated ones mean, deviation and interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dlrun.console.terminal import heading, say, screen, table
from dlrun.console.text import count, digits_for, number
from dlrun.evaluation.statistics import Spread, spreads
from dlrun.metrics_file import PARTS, judged_part
from dlrun.training.several import Outcome

Scores = dict[str, float | None]
_COLUMN_GAP = 2
_OWN_ROWS = "each cuts its own training and test rows (data.split.seed would fix them)"
_WORDS = {"train": "training"}


def several_document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return what `train --json` prints of several runs."""
    return {
        "runs": [
            {
                "run": str(outcome.run.path) if outcome.run is not None else None,
                "config": str(outcome.config.file),
                "name": outcome.config.name,
                "seed": outcome.config.seed,
                "state": outcome.state,
                "exit_code": outcome.exit_code,
                "problems": outcome.problems,
                **outcome.metrics,
            }
            for outcome in outcomes
        ],
        "summary": [_summary(group) for group in groups_of(outcomes) if len(group) > 1],
    }


def _summary(group: Sequence[Outcome]) -> dict[str, Any]:
    part, scores = _judged(group)
    found = {metric: asdict(spread) for metric, spread in spreads(scores, _overlap(group)).items()}
    first = group[0].config
    return {"config": str(first.file), "name": first.name, "part": part, "runs": len(scores), "metrics": found}


def groups_of(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Return the runs that differ in nothing but their seed together."""
    groups: dict[Any, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.config.file, outcome.config.name), []).append(outcome)
    return list(groups.values())


def show_several(outcomes: Sequence[Outcome], labels: Sequence[str]) -> None:
    """Print the scores of every finished run; where runs differ by their seed alone, what they say together."""
    by_outcome = dict(zip(map(id, outcomes), labels, strict=True))
    groups = groups_of(outcomes)
    repeated = any(len(group) > 1 for group in groups)
    for group in groups if repeated else _alike(outcomes):
        _show_group(group, by_outcome, together=repeated)
    ended = [outcome for outcome in outcomes if outcome.state != "finished" and not outcome.problems]
    # those with problems are printed with their reasons
    for state in dict.fromkeys(outcome.state for outcome in ended):
        say(f"{some_of([by_outcome[id(one)] for one in ended if one.state == state])}: {state}", style="red")
    if any(outcome.state == "interrupted" for outcome in ended):
        say("everything is kept; the same command with --resume goes on with all of them")


def some_of(labels: Sequence[str], most: int = 6) -> str:
    """Return the first of some runs' labels, and how many more there are."""
    shown = ", ".join(labels[:most])
    return f"{shown} and {len(labels) - most:,} more" if len(labels) > most else shown


def _alike(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Return the runs that have the same scores together: those of numbers say nothing beside those of classes."""
    groups: dict[tuple[str, tuple[str, ...]], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.metrics:
            part, (scores,) = _judged([outcome])
            groups.setdefault((part, tuple(sorted(scores))), []).append(outcome)
    return list(groups.values())


def _show_group(group: Sequence[Outcome], labels: Mapping[int, str], together: bool) -> None:
    finished = [outcome for outcome in group if outcome.metrics]
    if not finished:
        return
    part, scores = _judged(group)
    heading(f"scores on the {_WORDS.get(part, part)} rows")
    metrics = dict.fromkeys(metric for one in scores for metric in one)
    digits = {metric: digits_for([one.get(metric) for one in scores]) for metric in metrics}
    rows = [
        ([labels[id(outcome)], outcome.run.name if outcome.run else ""], one)
        for outcome, one in zip(finished, scores, strict=True)
    ]
    cells = [(head, {m: number(one.get(m), digits[m]) if m in one else "" for m in metrics}) for head, one in rows]
    if together and len(finished) > 1:
        cells += _together(spreads(scores, _overlap(finished)), digits)
    for block in _blocks(list(metrics), cells):
        table(["run", "", *block], [[*head, *(line.get(m, "") for m in block)] for head, line in cells], right=block)
    if together:
        _say_what_varies(finished)


def _together(found: Mapping[str, Spread], digits: Mapping[str, int]) -> list[tuple[list[str], dict[str, str]]]:
    def line(attribute: str) -> dict[str, str]:
        return {metric: number(getattr(spread, attribute), digits[metric]) for metric, spread in found.items()}

    names = {"mean": "mean", "standard deviation": "std", "mean, 95 % from": "low", "to": "high"}
    return [([name, ""], line(attribute)) for name, attribute in names.items()]


def _blocks(metrics: Sequence[str], cells: Sequence[tuple[list[str], Mapping[str, str]]]) -> list[list[str]]:
    """Return the metrics in as many tables as the screen's width asks for."""
    head = sum(max(len(line[0][column]) for line in cells) + _COLUMN_GAP for column in (0, 1))
    blocks: list[list[str]] = [[]]
    room = screen().width - head
    for metric in metrics:
        width = _COLUMN_GAP + max(len(metric), *(len(line.get(metric, "")) for _, line in cells))
        if blocks[-1] and width > room:
            blocks.append([])
            room = screen().width - head
        blocks[-1].append(metric)
        room -= width
    return blocks


def _judged(group: Sequence[Outcome]) -> tuple[str, list[Scores]]:
    """Return the part that counts, and every finished run's scores on it."""
    documents = [outcome.metrics for outcome in group if outcome.metrics]
    shared = [part for part in PARTS if all(part in document for document in documents)]
    part = judged_part(shared)
    return part, [dict(document[part]) for document in documents]


def _overlap(group: Sequence[Outcome]) -> float:
    """Return how many test rows there are to a training row, in folds; 0 for runs that are independent."""
    rows = [outcome.metrics["rows"] for outcome in group if _is_fold(outcome) and outcome.metrics]
    return sum(r["test"] / r["train"] for r in rows) / len(rows) if rows else 0.0


def _is_fold(outcome: Outcome) -> bool:
    data = outcome.config.data
    return data is not None and data.split.fold is not None


def _say_what_varies(finished: Sequence[Outcome]) -> None:
    if _is_fold(finished[0]):
        say(f"{count(len(finished), 'fold')}, each judged on rows that it was not trained on")
        say("the folds train on many rows in common; the interval is widened for that (Nadeau and Bengio, 2003)")
        return
    splits = [run.read_json(run.data)["split"] for outcome in finished if (run := outcome.run) is not None]
    what = "the same rows in every run" if all(split == splits[0] for split in splits) else _OWN_ROWS
    say(f"{count(len(finished), 'seed')}; {what}")
