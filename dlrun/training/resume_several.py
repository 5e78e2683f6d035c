"""Several runs that were stopped or killed together: which of them there are, and going on with each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.flat import Flat, flat_config
from dlrun.data.find_files import find_files
from dlrun.errors import DataError, Problem, RunError
from dlrun.files import sha256_of
from dlrun.run_dir import RunDir, composed
from dlrun.run_settings import read_settings
from dlrun.training.experiment import (
    code_facts,
    config_differences,
    config_values,
    data_facts,
    differences,
    read_experiment,
)
from dlrun.training.progress import SILENT, Progress
from dlrun.training.resume import SOURCES, places_of, resume
from dlrun.training.run import Run

if TYPE_CHECKING:
    from dlrun.config import Config

_PLACES = (*(f"data.{key}" for key in SOURCES), "code")


def begun_runs(configs: Sequence[Config], runs_dir: Path) -> list[RunDir | None]:
    """Return for each config the newest run of its name that was begun with it, if there is one; no run counts twice.

    Its data and code are those that lie where the config says, or the same files elsewhere: two configs may differ in
    nothing but their data.

    Raises:
        RunError: If what a run of such a name was begun with is damaged.
    """
    begun = {
        name: [run for run in reversed(RunDir.of_name(name, runs_dir)) if run.has(run.experiment)]
        for name in {composed(config.name) for config in configs}
    }
    known = {run: read_experiment(run) for runs in begun.values() for run in runs}
    found: list[RunDir | None] = []
    for config in configs:
        wanted, runs = config_values(config), begun[composed(config.name)]
        alike = [run for run in runs if not config_differences(known[run]["config"], wanted)]
        here = _places(flat_config(config))
        match = next((run for run in alike if _places(read_settings(run)) == here), None)
        match = match or next((run for run in alike if _are_its_files(config, known[run])), None)
        if match is not None:
            runs.remove(match)
        found.append(match)
    return found


def _places(settings: Flat) -> list[Any]:
    return [settings.get(key) for key in _PLACES]


def _are_its_files(config: Config, experiment: Mapping[str, Any]) -> bool:
    """Tell whether a config's files of data and code are those of an experiment, wherever they lie."""
    data, begun = config.required()[0], experiment["data"]["files"]
    try:
        files = [file for key in SOURCES for file in find_files(getattr(data, key) or ())]
        if [file.name for file in files] != [name for name, _ in begun] or not all(file.is_file() for file in files):
            return False
        same = [sha256_of(file) for file in files] == [sha256 for _, sha256 in begun]
        return same and code_facts(config) == experiment["code"]
    except (DataError, OSError):
        return False  # whoever reads them will say what is wrong


def take_up(run_dir: RunDir, given: Config, *, progress: Progress = SILENT, trust: bool = False) -> Run:
    """Complete a run; one that is finished is taken as it is, if it would still become the same.

    Args:
        run_dir: The run.
        given: The config that it was begun with, as it is given now.
        progress: Hears how it goes.
        trust: Whether the run's own code may run.

    Raises:
        RunError: If its data or its own code are no longer what it was begun with.
    """
    if run_dir.state != "finished":
        return resume(run_dir.path, progress=progress, trust=trust, given=given)
    from dlrun.config.resolved import load_resolved
    from dlrun.data.load import load_dataset

    config = load_resolved(run_dir.resolved, places_of(given), trust=trust)
    begun = read_experiment(run_dir)
    found = {**begun, "data": data_facts(load_dataset(config)), "code": code_facts(config)}
    changes = differences(begun, found)
    if changes:
        fix = "Put it back, or train all of them anew (without --resume)."
        what = f"{run_dir.name} is finished, but would be another run now"
        raise RunError(*(Problem(f"{what}: {change}", fix) for change in changes))
    return Run(run_dir, config)
