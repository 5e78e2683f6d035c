"""What the sections of a comparison are made from: the experiments, which is best, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.diff import about
from dlrun.config.resolved import load_resolved
from dlrun.errors import Problem, RunError
from dlrun.evaluation.comparison import Difference
from dlrun.evaluation.scores import is_higher_better
from dlrun.evaluation.statistics import Spread
from dlrun.report.evaluation import interval_of, main_metric
from dlrun.run_settings import settings_of
from dlrun.training.compare import Comparison, compare_groups, is_loss, unlike_losses, why_apart
from dlrun.training.data_file import check_data_file
from dlrun.training.group import REPEATED, Group, common_part, differing_keys, find_group, setting

if TYPE_CHECKING:
    from dlrun.config import Config

_COLOURS = 10


class Compared:
    """Experiments side by side, the others held against the best.

    Args:
        groups: The experiments, in the user's order; one that was not scored yet has one run.
        trust: Whether the runs' own code may run.

    Attributes:
        configs: The config of each experiment's first run.

    Raises:
        RunError: If a run was cut off before its config was written, or was damaged.
    """

    def __init__(self, groups: Sequence[Group], trust: bool = False) -> None:
        self.groups = groups
        self.trust = trust
        self.configs: Sequence[Config] = [_config(group, trust) for group in groups]

    @cached_property
    def scored(self) -> list[Group]:
        """Those that have scores which can be held against each other's: that of the first sets what is comparable."""
        return [group for group in self._with_scores if self.place(group) not in self.apart]

    @cached_property
    def apart(self) -> dict[int, str]:
        """The place of an experiment that has scores to why they cannot be held against those of the others."""
        groups, part = self._with_scores, self.part
        if part is None:
            return {}
        found = ((self.place(group), why_apart(groups[0], group, part)) for group in groups[1:])
        return {place: f"{why}." for place, why in found if why}

    @cached_property
    def _with_scores(self) -> list[Group]:
        return [group for group in self.groups if all(one.get("metrics") for one in group.facts)]

    @cached_property
    def keys(self) -> list[str]:
        """The settings in which they differ; seeds and folds where nothing else does."""
        found = differing_keys(self.groups)
        if found or len(self.groups) < 2:
            return found
        return [key for key in REPEATED if len({str(_own(group, key)) for group in self.groups}) > 1]

    def setting(self, group: Group, key: str) -> Any:
        """Return a setting of an experiment, or its default."""
        return _own(group, key) if key in REPEATED else setting(group.settings, key)

    def about(self, key: str) -> str:
        """Return what a setting is good for."""
        return about(key)

    @cached_property
    def part(self) -> str | None:
        """The part that counts in all that were scored."""
        return common_part(self._with_scores) if self._with_scores else None

    @cached_property
    def metric(self) -> str | None:
        """The score that tells most, of those that all have."""
        if self.part is None:
            return None
        metrics = self.scored[0].facts[0]["metrics"]
        common = {name: metrics[self.part][name] for name in self.metrics}
        return main_metric({**metrics, self.part: common}, self.part)

    @cached_property
    def metrics(self) -> list[str]:
        """The scores that all have which can be compared; not those of single steps ahead, nor unlike losses."""
        if self.part is None:
            return []
        names = [name for name in self.scored[0].scores(self.part)[0] if not name.rpartition(".")[2].isdigit()]
        return [name for name in names if all(self._has(group, name) for group in self.scored)]

    def _has(self, group: Group, metric: str) -> bool:
        """Tell whether an experiment has a score, and it is the same thing as that of the first."""
        if is_loss(metric) and unlike_losses(self.scored[0], group):
            return False
        return all(one.get(metric) is not None for one in group.scores(self.part or ""))

    def spread(self, group: Group, metric: str) -> Spread | None:
        """Return mean and deviation of a score over an experiment's runs."""
        if self.part is None or not any(group is one for one in self._with_scores) or not self._has(group, metric):
            return None
        return group.spreads(self.part).get(metric)

    def interval(self, group: Group, metric: str) -> tuple[float, float] | None:
        """Return the 95 % interval of a score: over its seeds, or of one run over rows drawn again."""
        found = self.spread(group, metric)
        if found is None or self.part is None:
            return None
        if found.low is not None and found.high is not None:
            return found.low, found.high
        return interval_of(group.facts[0]["metrics"], self.part, metric)

    def order(self, metric: str) -> list[Group]:
        """Return those that can be compared, the best first."""
        found = [(self.spread(group, metric), place) for place, group in enumerate(self.scored)]
        means = [(one.mean, place) for one, place in found if one is not None]
        best_first = sorted(means, key=lambda one: (-one[0] if is_higher_better(metric) else one[0], one[1]))
        return [self.scored[place] for _, place in best_first]

    @cached_property
    def best(self) -> Group | None:
        """The one with the best mean of the score that tells most; None where nothing can be held against it."""
        if self.metric is None or (self.apart and len(self.scored) < 2):
            return None
        return next(iter(self.order(self.metric)), None)

    @cached_property
    def comparison(self) -> Comparison | None:
        """The others that were scored, held against the best; None where `no_comparison` says why."""
        return self._compared[0]

    @property
    def no_comparison(self) -> str:
        """Why nothing is compared; empty where something is."""
        return self._compared[1]

    @cached_property
    def _compared(self) -> tuple[Comparison | None, str]:
        if len(self.scored) < 2 and self.apart:
            return None, f"{' '.join(self.apart.values())} So they are not ranked."
        if len(self.scored) < 2:
            return None, "Fewer than two of these runs have scores, so there is nothing to hold against each other."
        if self.metric is None:
            return None, "These runs have no score in common. Do they predict the same?"
        try:
            return compare_groups(self.order(self.metric)), ""
        except RunError as error:
            what = error.problems[0].what
            return None, f"{what[0].upper()}{what[1:]}."

    def difference(self, group: Group, metric: str) -> Difference | None:
        """Return an experiment's difference from the best in a score; None where it cannot be told, or is the best."""
        if self.comparison is None:
            return None
        place = next((n for n, other in enumerate(self.comparison.groups) if other is group), None)
        return None if place is None else self.comparison.differences.get(place, {}).get(metric)

    def colour(self, group: Group) -> str:
        """Return the number of its colour, as of a `Line`."""
        return str(self.place(group) % _COLOURS)

    def place(self, group: Group) -> int:
        """Return its place in the user's order."""
        return next(n for n, other in enumerate(self.groups) if other is group)


def find_groups(which: Sequence[str], runs_dir: Path) -> list[Group]:
    """Return the experiments of names and folders, each once; a run that was not scored yet stands for itself.

    Raises:
        RunError: If there is no such run.
    """
    found: dict[tuple[Path, ...], Group] = {}
    for name in which:
        group = find_group(name, runs_dir, unfinished=True)
        found.setdefault(tuple(run.path.resolve() for run in group.runs), group)
    return list(found.values())


def _config(group: Group, trust: bool) -> Config:
    """Return the config of the first run, having checked what is read of all of them."""
    for run in group.runs:
        if not run.has(run.resolved) or not run.has(run.data):
            raise RunError(Problem(f"{run.name} was cut off before its config was written", "Leave it out."))
        run.verify(run.resolved, run.data)
    config = load_resolved(group.runs[0].resolved, trust=trust)
    check_data_file(group.runs[0], config)
    return config


def _own(group: Group, key: str) -> Any:
    return settings_of(group.facts[0]).get(key, 0 if key == "seed" else None)
