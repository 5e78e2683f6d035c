"""Several runs side by side: what differs in their configs and scores, and whether that is more than noise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dlrun.config.flat import default_of
from dlrun.errors import Problem, RunError
from dlrun.evaluation.comparison import Difference, paired_difference, unpaired_difference
from dlrun.evaluation.statistics import Spread, spreads
from dlrun.metrics_file import PARTS
from dlrun.run_dir import NUMBERED, RunDir
from dlrun.run_facts import Facts, facts_of
from dlrun.run_settings import settings_of
from dlrun.training.data_file import files_of, rows_of

# Runs that differ in nothing but these are the same experiment, done again.
REPEATED = ("seed", "data.split.seed", "data.split.fold")
_OF_LOSS = ("compile.loss", "compile.loss_weights", "preprocessing.target")
_ASIDE = (*REPEATED, "name", "vars")


@dataclass(frozen=True)
class Group:
    """One experiment: a run, or several that differ in their seed or fold alone.

    Args:
        name: What it is called.
        runs: Its runs.
        facts: What is known of each.
    """

    name: str
    runs: Sequence[RunDir]
    facts: Sequence[Facts]

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The settings of its runs, without those that make them repetitions."""
        found = settings_of(self.facts[0])
        return {key: value for key, value in found.items() if key not in _ASIDE}

    @cached_property
    def repetitions(self) -> list[tuple[Any, ...]]:
        """Seed, split's seed and fold of each run."""
        return [_repetition(one) for one in self.facts]

    @property
    def is_folds(self) -> bool:
        """Whether its runs are folds of a cross-validation."""
        return all(repetition[-1] is not None for repetition in self.repetitions)

    def scores(self, part: str) -> list[dict[str, float | None]]:
        """Return each run's scores on a part."""
        return [dict((one["metrics"] or {}).get(part, {})) for one in self.facts]

    def spreads(self, part: str) -> dict[str, Spread]:
        """Return mean, deviation and interval of each score on a part."""
        return spreads(self.scores(part), self.overlap)

    @cached_property
    def overlap(self) -> float:
        """With folds, test rows to a training row; see `dlrun.evaluation.statistics.spread`."""
        rows = [(one["metrics"] or {}).get("rows", {}) for one in self.facts] if self.is_folds else []
        shares = [own["test"] / own["train"] for own in rows if own.get("test") and own.get("train")]
        return sum(shares) / len(shares) if shares else 0.0


@dataclass(frozen=True)
class Comparison:
    """Groups side by side.

    Args:
        groups: The groups; the others are held against the first.
        part: The part that counts in all of them.
        keys: The settings in which they differ.
        metrics: The scores that all of them have.
        differences: The place of a group to metric to its difference from the first group.
        doubts: What stands in the way of a comparison: other rows, other data.
    """

    groups: Sequence[Group]
    part: str
    keys: Sequence[str]
    metrics: Sequence[str]
    differences: Mapping[int, Mapping[str, Difference]]
    doubts: Sequence[str]


def compare(which: Sequence[str], runs_dir: Path) -> Comparison:
    """Compare runs.

    Args:
        which: Names and folders, two at least. A name without a number (`titanic`) stands for all finished runs of that
            name that differ from its newest in the seed or fold alone.
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
    doubts: list[str] = []
    differences = {
        n: dict(_differences(groups[0], other, part, metrics, doubts)) for n, other in enumerate(groups) if n
    }
    return Comparison(groups, part, differing_keys(groups), metrics, differences, list(dict.fromkeys(doubts)))


def common_part(groups: Sequence[Group]) -> str | None:
    """Return the part that counts of those that all runs were scored on."""
    facts = [one for group in groups for one in group.facts]
    return next((part for part in reversed(PARTS) if all(part in (one["metrics"] or {}) for one in facts)), None)


def find_group(which: str, runs_dir: Path) -> Group:
    """Return the run of a name or folder, or all repetitions of the newest run of a name without a number.

    Raises:
        RunError: If there is none, or it is not finished.
    """
    newest = RunDir.find(which, runs_dir)
    facts = facts_of(newest)
    if not facts.get("metrics"):
        raise RunError(Problem(f"{newest.name} is {facts['state']}: it has no scores yet", "`dlrun resume` goes on."))
    if newest.name == which or len(Path(which).parts) != 1 or NUMBERED.fullmatch(newest.name) is None:
        return Group(newest.name, [newest], [facts])
    own = Group(which, [newest], [facts])
    siblings = [
        run for run in RunDir.list(runs_dir) if (match := NUMBERED.fullmatch(run.name)) and match["name"] == which
    ]
    known = [(run, facts if run.name == newest.name else facts_of(run)) for run in siblings]
    alike = [(run, f) for run, f in known if f.get("metrics") and Group(which, [run], [f]).settings == own.settings]
    latest = {_repetition(f): (run, f) for run, f in alike}  # one that was trained twice counts once
    runs = sorted(latest.values(), key=lambda pair: [str(part).rjust(12) for part in _repetition(pair[1])])
    name = which if len(runs) > 1 else newest.name
    return Group(name, [run for run, _ in runs], [f for _, f in runs])


def differing_keys(groups: Iterable[Group]) -> list[str]:
    """Return the settings that are not the same in all groups, in the order of the config."""
    settings = [group.settings for group in groups]
    keys = dict.fromkeys(key for one in settings for key in one)
    return [key for key in keys if any(setting(one, key) != setting(settings[0], key) for one in settings)]


def setting(settings: Mapping[str, Any], key: str) -> Any:
    """Return a setting, or its default where it is not set."""
    return settings[key] if key in settings else default_of(key)


def _repetition(facts: Facts) -> tuple[Any, ...]:
    settings = settings_of(facts)
    return tuple(settings.get(key, 0 if key == "seed" else None) for key in REPEATED)


def _has(group: Group, part: str, metric: str) -> bool:
    return all(one.get(metric) is not None for one in group.scores(part))


def _differences(
    first: Group, other: Group, part: str, metrics: Sequence[str], doubts: list[str]
) -> Iterator[tuple[str, Difference]]:
    if _differ_in(first, other, "data.target"):
        doubts.append(f"{first.name} and {other.name} predict other targets: their scores cannot be compared")
        return
    metrics = _comparable(first, other, metrics, doubts)
    pairs = [(a, other.repetitions.index(r)) for a, r in enumerate(first.repetitions) if r in other.repetitions]
    same = [rows_of(first.runs[a], part) == rows_of(other.runs[b], part) for a, b in pairs]
    a_scores, b_scores = first.scores(part), other.scores(part)
    if len(pairs) > 1 and all(same):
        for metric in metrics:
            a, b = ([float(scores[place][metric] or 0.0) for place in places]
                    for scores, places in zip((a_scores, b_scores), zip(*pairs, strict=True), strict=True))  # fmt: skip
            yield metric, paired_difference(a, b, first.overlap)
    elif min(len(first.runs), len(other.runs)) > 1:
        if files_of(first.runs[0]) != files_of(other.runs[0]):
            doubts.append(f"{first.name} and {other.name} were scored on other data: their scores cannot be compared")
            return
        doubts.append(f"{first.name} and {other.name} have no seeds and rows in common, so nothing is paired")
        for metric in metrics:
            yield metric, unpaired_difference(*([float(s[metric] or 0.0) for s in own] for own in (a_scores, b_scores)))
    else:
        yield from _over_rows(first, other, pairs[0] if pairs else (0, 0), part, metrics, doubts)


def _comparable(first: Group, other: Group, metrics: Sequence[str], doubts: list[str]) -> list[str]:
    """Return the scores that mean the same for both: of losses only those that are computed alike."""
    keys = [*_differ_in(first, other, *_OF_LOSS), *(k for k in _differ_in(first, other) if "regularizer" in k)]
    losses = [m for m in metrics if m == "loss" or (m.endswith("_loss") and not m.endswith("log_loss"))]
    if not keys or not losses:
        return list(metrics)
    doubts.append(f"{first.name} and {other.name} have losses that are not the same thing: {', '.join(keys)}")
    return [metric for metric in metrics if metric not in losses]


def _differ_in(first: Group, other: Group, *starts: str) -> list[str]:
    """Return the settings in which two groups differ, that begin so; without beginnings all of them."""
    keys = differing_keys([first, other])
    return [key for key in keys if any(f"{key}.".startswith(f"{start}.") for start in starts) or not starts]


def _over_rows(
    first: Group, other: Group, pair: tuple[int, int], part: str, metrics: Sequence[str], doubts: list[str]
) -> Iterator[tuple[str, Difference]]:
    """Compare one run of each, over their test rows drawn again."""
    from dlrun.training.resampled import row_differences

    a, b = first.runs[pair[0]], other.runs[pair[1]]
    if rows_of(a, part) != rows_of(b, part):
        doubts.append(f"{a.name} and {b.name} were scored on different {part} rows: their scores cannot be compared")
        return
    found = row_differences(a, b, part)
    yield from ((metric, found[metric]) for metric in metrics if metric in found)
    told = f"one run of each ({a.name}, {b.name}): only what other {part} rows would change is known, not what"
    doubts.append(f"{told} another seed would; --seeds 5 tells both")
