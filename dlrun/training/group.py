"""One experiment: a run, or all its repetitions, found by their name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dlrun.config.flat import default_of
from dlrun.errors import Problem, RunError
from dlrun.evaluation.statistics import Spread, spreads
from dlrun.metrics_file import PARTS
from dlrun.run_dir import RunDir
from dlrun.run_facts import Facts, facts_of
from dlrun.run_settings import settings_of

# Runs that differ in nothing but these are the same experiment, done again.
REPEATED = ("seed", "data.split.seed", "data.split.fold")
_ASIDE = (*REPEATED, "name", "vars")
_NO_SCORES = {
    "diverged": "`dlrun diagnose {}` says why.",
    "damaged": "`dlrun show {}` says where.",
    "running": "Wait for it.",
}


@dataclass(frozen=True)
class Group:
    """One experiment: a run, or several that differ in their seed or fold alone.

    Args:
        name: What it is called.
        runs: Its runs.
        facts: What is known of each.
        note: That newer runs of its name were left out, having no scores; empty where none was.
    """

    name: str
    runs: Sequence[RunDir]
    facts: Sequence[Facts]
    note: str = ""

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


def find_group(which: str, runs_dir: Path, *, unfinished: bool = False) -> Group:
    """Return the run of a name or folder, or all repetitions of the newest run of a name without a number.

    Args:
        which: The name or folder; of a name without a number the newest run that has scores counts.
        runs_dir: Where names are looked up.
        unfinished: Whether a run without scores may stand for itself.

    Raises:
        RunError: If there is none, or none has scores.
    """
    newest = RunDir.find(which, runs_dir)
    siblings = RunDir.of_name(which, runs_dir)
    if newest.path not in [run.path for run in siblings]:  # it was named itself
        return _alone(newest, facts_of(newest), unfinished)
    known = [(run, facts_of(run)) for run in siblings]
    scored = [(run, facts) for run, facts in known if facts.get("metrics")]
    if not scored:
        return _alone(*known[-1], unfinished)
    run, facts = scored[-1]
    wanted = Group(which, [run], [facts]).settings
    alike = [(run, facts) for run, facts in scored if Group(which, [run], [facts]).settings == wanted]
    latest = {_repetition(facts): (run, facts) for run, facts in alike}  # one that was trained twice counts once
    runs = sorted(latest.values(), key=lambda pair: [str(part).rjust(12) for part in _repetition(pair[1])])
    name = which if len(runs) > 1 else run.name
    note = _left_out([facts for _, facts in known[known.index(scored[-1]) + 1 :]])
    return Group(name, [run for run, _ in runs], [facts for _, facts in runs], note)


def _alone(run: RunDir, facts: Facts, unfinished: bool) -> Group:
    if not facts.get("metrics") and not unfinished:
        fix = _NO_SCORES.get(facts["state"], "`dlrun resume {}` goes on.").format(run.name)
        raise RunError(Problem(f"{run.name} is {facts['state']}: it has no scores yet", fix))
    return Group(run.name, [run], [facts])


def _left_out(newer: Sequence[Facts]) -> str:
    """Return that newer runs are left out; empty where there are none."""
    told = ", ".join(f"{facts['name']} ({facts['state']})" for facts in newer)
    return f"left out, having no scores: {told}" if newer else ""


def common_part(groups: Sequence[Group]) -> str | None:
    """Return the part that counts of those that all runs were scored on."""
    facts = [one for group in groups for one in group.facts]
    return next((part for part in reversed(PARTS) if all(part in (one["metrics"] or {}) for one in facts)), None)


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
