"""Several runs side by side: what differs in their configs and scores, and whether that is more than noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlrun.errors import Problem, RunError
from dlrun.evaluation.comparison import Difference, paired_difference, unpaired_difference
from dlrun.run_dir import RunDir
from dlrun.training.data_file import files_of, rows_of
from dlrun.training.group import Group, common_part, differing_keys, find_group

_NOT_COMPARED = "their scores cannot be compared"
_OF_LOSS = ("compile.loss", "compile.loss_weights", "preprocessing.target")


@dataclass(frozen=True)
class Comparison:
    """Groups side by side.

    Args:
        groups: The groups; the others are held against the first.
        part: The part that counts in all of them.
        keys: The settings in which they differ.
        metrics: The scores that all of them have.
        differences: The place of a group to metric to its difference from the first group.
        names: The place of a group to what is held against each other: the names of the first and it, or of their runs
            where one of them has a single run.
        apart: The place of a group to why its scores cannot be held against the first's: other targets, data, rows.
        doubts: All that stands in the way of a comparison, in sentences.
    """

    groups: Sequence[Group]
    part: str
    keys: Sequence[str]
    metrics: Sequence[str]
    differences: Mapping[int, Mapping[str, Difference]]
    names: Mapping[int, tuple[str, str]]
    apart: Mapping[int, str]
    doubts: Sequence[str]


def compare(which: Sequence[str], runs_dir: Path) -> Comparison:
    """Compare runs.

    Args:
        which: Names and folders, two at least. A name without a number (`titanic`) stands for its newest run that has
            scores, and for all that differ from it in the seed or fold alone.
        runs_dir: Where names are looked up.

    Raises:
        RunError: If there is no such run, one is not finished, or they have no score in common.
    """
    return compare_groups([find_group(name, runs_dir) for name in which])


def compare_groups(groups: Sequence[Group]) -> Comparison:
    """Compare experiments, two or more, with the first.

    Raises:
        RunError: If they have no score in common.
    """
    part = common_part(groups)
    if part is None:
        raise RunError(Problem("these runs have no part in common that they were scored on"))
    metrics = [name for name in groups[0].scores(part)[0] if all(_has(group, part, name) for group in groups)]
    if not metrics:
        raise RunError(Problem(f"these runs have no score on the {part} rows in common", "Do they predict the same?"))
    apart = {n: why for n, other in enumerate(groups) if n and (why := why_apart(groups[0], other, part))}
    doubts = [group.note for group in groups if group.note]
    differences = {
        n: dict(_differences(groups[0], other, part, metrics, doubts) if n not in apart else ())
        for n, other in enumerate(groups) if n
    }  # fmt: skip
    doubts = list(dict.fromkeys([*doubts, *apart.values()]))
    names = {n: _names(groups[0], other, part) for n, other in enumerate(groups) if n}
    return Comparison(groups, part, differing_keys(groups), metrics, differences, names, apart, doubts)


def _has(group: Group, part: str, metric: str) -> bool:
    return all(one.get(metric) is not None for one in group.scores(part))


def why_apart(first: Group, other: Group, part: str) -> str:
    """Return why the scores of two experiments on a part cannot be held against each other; empty where they can.

    Raises:
        RunError: If a run is damaged.
    """
    from dlrun.training.resampled import same_labels

    names = f"{first.name} and {other.name}"
    if _differ_in(first, other, "data.target"):
        return f"{names} predict other targets: {_NOT_COMPARED}"
    if _differ_in(first, other, "preprocessing.window.horizon"):
        return f"{names} forecast other numbers of steps: {_NOT_COMPARED}"
    pairs = _pairs(first, other)
    a, b = _single(pairs)
    same = _same_rows(first, a, other, b, part)
    if same and _differ_in(first, other, "data") and not same_labels(first.runs[a], other.runs[b], part):
        return f"{names} have other labels in the same {part} rows: {_NOT_COMPARED}"
    if _all_same_rows(first, other, pairs, part):
        return ""
    if min(len(first.runs), len(other.runs)) > 1:
        if files_of(first.runs[0]) == files_of(other.runs[0]):
            return ""
        return f"{names} were scored on other data: {_NOT_COMPARED}"
    if same:
        return ""
    return f"{first.runs[a].name} and {other.runs[b].name} were scored on different {part} rows: {_NOT_COMPARED}"


def unlike_losses(first: Group, other: Group) -> list[str]:
    """Return the settings by which the losses of two experiments are not the same thing."""
    return [*_differ_in(first, other, *_OF_LOSS), *(k for k in _differ_in(first, other) if "regularizer" in k)]


def is_loss(metric: str) -> bool:
    """Tell whether a score is the loss, or that of an output; the log loss is the same for all."""
    return metric == "loss" or (metric.endswith("_loss") and not metric.endswith("log_loss"))


def _pairs(first: Group, other: Group) -> list[tuple[int, int]]:
    """Return the places of runs that have seed and fold in common."""
    there = other.repetitions
    return [(a, there.index(own)) for a, own in enumerate(first.repetitions) if own in there]


def _single(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the places of the runs that stand for two experiments, of which one has a single run."""
    return pairs[0] if pairs else (0, 0)


def _all_same_rows(first: Group, other: Group, pairs: Sequence[tuple[int, int]], part: str) -> bool:
    """Tell whether there are several pairs, each scored on the same rows."""
    return len(pairs) > 1 and all(_same_rows(first, a, other, b, part) for a, b in pairs)


def _same_rows(first: Group, a: int, other: Group, b: int, part: str) -> bool:
    """Tell whether two runs were scored on the same rows; of windows with another stride not all are."""
    counts = [(group.facts[n]["metrics"] or {}).get("rows", {}).get(part) for group, n in ((first, a), (other, b))]
    return rows_of(first.runs[a], part) == rows_of(other.runs[b], part) and counts[0] == counts[1]


def _names(first: Group, other: Group, part: str) -> tuple[str, str]:
    """Return what is held against each other: runs where one of two experiments has a single run."""
    pairs = _pairs(first, other)
    if min(len(first.runs), len(other.runs)) > 1 or _all_same_rows(first, other, pairs, part):
        return first.name, other.name
    own, others = _single(pairs)
    return first.runs[own].name, other.runs[others].name


def _differences(
    first: Group, other: Group, part: str, metrics: Sequence[str], doubts: list[str]
) -> Iterator[tuple[str, Difference]]:
    metrics = _comparable(first, other, metrics, doubts)
    pairs = _pairs(first, other)
    a_scores, b_scores = first.scores(part), other.scores(part)
    if _all_same_rows(first, other, pairs, part):
        for metric in metrics:
            a, b = ([float(scores[place][metric] or 0.0) for place in places]
                    for scores, places in zip((a_scores, b_scores), zip(*pairs, strict=True), strict=True))  # fmt: skip
            yield metric, paired_difference(a, b, first.overlap)
    elif min(len(first.runs), len(other.runs)) > 1:
        doubts.append(f"{first.name} and {other.name} have no seeds and rows in common, so nothing is paired")
        for metric in metrics:
            yield metric, unpaired_difference(*([float(s[metric] or 0.0) for s in own] for own in (a_scores, b_scores)))
    else:
        own, others = _single(pairs)
        yield from _over_rows(first.runs[own], other.runs[others], part, metrics, doubts)


def _comparable(first: Group, other: Group, metrics: Sequence[str], doubts: list[str]) -> list[str]:
    """Return the scores that mean the same for both: of losses only those that are computed alike."""
    keys = unlike_losses(first, other)
    if not keys or not any(map(is_loss, metrics)):
        return list(metrics)
    doubts.append(f"{first.name} and {other.name} have losses that are not the same thing: {', '.join(keys)}")
    return [metric for metric in metrics if not is_loss(metric)]


def _differ_in(first: Group, other: Group, *starts: str) -> list[str]:
    """Return the settings in which two groups differ, that begin so; without beginnings all of them."""
    keys = differing_keys([first, other])
    return [key for key in keys if any(f"{key}.".startswith(f"{start}.") for start in starts) or not starts]


def _over_rows(
    a: RunDir, b: RunDir, part: str, metrics: Sequence[str], doubts: list[str]
) -> Iterator[tuple[str, Difference]]:
    """Compare one run of each, over their test rows drawn again."""
    from dlrun.training.resampled import row_differences

    all_found = row_differences(a, b, part)
    found = {metric: all_found[metric] for metric in metrics if metric in all_found}
    yield from found.items()
    if not found:
        doubts.append(f"{a.name} and {b.name} have no score that other {part} rows could be drawn for")
        return
    told = f"one run of each ({a.name}, {b.name}): only what other {part} rows would change is known, not what"
    doubts.append(f"{told} another seed would; --seeds 5 tells both")
