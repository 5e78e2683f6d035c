"""Going on with a run that was cut off, to the very result that it would have had.

Data, preprocessing and network are made anew from the run's config, and the newest checkpoint says where training
stood. What the run was begun with must still be so: its config, its data, its code, its environment.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.errors import ConfigError, Problem, RunError
from dlrun.files import writing
from dlrun.run_dir import RunDir, now
from dlrun.training.arrays import weights_of
from dlrun.training.checkpoint import Checkpoint, DamagedError, read_checkpoints
from dlrun.training.experiment import config_differences, config_values, differences, experiment_record, read_experiment
from dlrun.training.prepare import Prepared, prepare
from dlrun.training.progress import SILENT, Progress
from dlrun.training.record import write_experiment
from dlrun.training.restore import UnfitError
from dlrun.training.run import Run
from dlrun.training.train import complete, train
from dlrun.training.writer import recorded, writer

if TYPE_CHECKING:
    from dlrun.config import Config

SOURCES = ("source", "validation_source", "test_source")


def resume(
    which: str | Path | None = None,
    *,
    runs_dir: str | Path = "runs",
    progress: Progress = SILENT,
    trust: bool = False,
    more_epochs: int = 0,
    accept_changes: bool = False,
    given: Config | None = None,
) -> Run:
    """Go on with a run: from its last checkpoint, or with what was missing after the epochs.

    Args:
        which: A path, a name, or None for the latest.
        runs_dir: Where names are looked up.
        progress: Hears how it goes.
        trust: Whether the run's own code may run.
        more_epochs: So many more than the run's config says; a finished run goes on, too.
        accept_changes: Go on although config, data, code or environment are others; run.json tells which.
        given: The run's config as it is given now, of which counts from now on what is no part of the experiment: when
            it stops and keeps checkpoints, and where data and code lie; default: the run's own.

    Returns:
        The run. One that is finished already stays as it is.

    Raises:
        RunError: If another process writes into it, it is another experiment now, or it diverged.
    """
    run_dir = RunDir.find(which, Path(runs_dir))
    with writer(run_dir):
        if not run_dir.has(run_dir.resolved):
            what = f"{run_dir.name} was cut off before its config was written"
            raise RunError(Problem(what, "Nothing is lost: train it again."))
        if more_epochs:
            _check_that_more_would_follow(run_dir)
        config = _config_of(run_dir, trust, more_epochs, given)
        if run_dir.record.get("state") == "finished" and not more_epochs:
            progress.note(f"{run_dir.name} is finished already; --more-epochs N trains it further")
            return Run(run_dir, config)
        prepared = _prepared(run_dir, config, progress, trust)
        changes = _changes(run_dir, config, prepared, more_epochs)
        _check(run_dir, changes, accept_changes)
        with recorded(run_dir):
            _note_resumed(run_dir, config, changes, more_epochs)
            write_experiment(run_dir, config, prepared)  # the same again, whoever wrote what lies there
            start = _newest_checkpoint(run_dir, progress)
            if start is None:
                _clear(run_dir)
        _complete(run_dir, config, prepared, progress, start)
    return Run(run_dir, config, preprocessor=prepared.preprocessor, model=prepared.model)


def resume_or_train(
    config: Config,
    *,
    runs_dir: str | Path = "runs",
    progress: Progress = SILENT,
    trust: bool = False,
    more_epochs: int = 0,
) -> Run:
    """Go on with the newest run of a config's name, or begin one if there is none, or the newest is finished.

    Raises:
        RunError: If the newest run is unfinished and was begun with another config.
    """
    found = RunDir.of_name(config.name, Path(runs_dir))
    begins = not found or not found[-1].has(found[-1].experiment)
    if begins or (found[-1].record.get("state") == "finished" and not more_epochs):
        return train(config, runs_dir=runs_dir, progress=progress, trust=trust)
    begun, wanted = read_experiment(found[-1])["config"], config_values(config)
    unfinished = found[-1].record.get("state") != "finished"
    if unfinished and more_epochs and _epochs_asked_for(found[-1]) == wanted["fit"]["epochs"] + more_epochs:
        more_epochs = 0  # the same command has begun with them, and was cut off
        begun["fit"]["epochs"] = wanted["fit"]["epochs"]
    changes = config_differences(begun, wanted)
    if changes:
        fix = "Begin a new run (without --resume), or give another --name."
        raise RunError(*(Problem(f"{found[-1].name} was begun with another config: {c}", fix) for c in changes))
    return resume(found[-1].path, progress=progress, trust=trust, more_epochs=more_epochs, given=config)


def _config_of(run_dir: RunDir, trust: bool, more_epochs: int, given: Config | None) -> Config:
    """Return the run's config as it stands in its folder; whether it was changed comes out later."""
    from dlrun.config.resolved import load_resolved

    changes = [] if given is None else [*_limits_of(given), *places_of(given)]
    config = load_resolved(run_dir.resolved, changes, trust=trust)
    before = config.required()[2].epochs
    epochs = (_epochs_asked_for(run_dir) or before) + more_epochs
    if epochs == before:
        return config
    return load_resolved(run_dir.resolved, [*changes, f"fit.epochs={epochs}"], trust=trust)


def _limits_of(config: Config) -> list[str]:
    """Return when a config stops and keeps checkpoints, as overrides."""
    fit = config.required()[2].model_dump(mode="json")
    return [f"fit.{key}={json.dumps(fit[key])}" for key in ("time_limit", "checkpoint")]


def places_of(config: Config) -> list[str]:
    """Return where a config's data and code lie, as overrides: whether they are still the same comes out later."""
    data = config.required()[0]
    places = {**{f"data.{key}": getattr(data, key) for key in SOURCES}, "code": config.code or None}
    return [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in places.items()]


def _epochs_asked_for(run_dir: RunDir) -> int | None:
    """Return to how many epochs an earlier --more-epochs has brought the run; it may have been cut off at once."""
    resumed = run_dir.record.get("resumed")
    asked = [one.get("epochs") for one in resumed if isinstance(one, dict)] if isinstance(resumed, list) else []
    return next((epochs for epochs in reversed(asked) if type(epochs) is int and epochs > 0), None)


def _check_that_more_would_follow(run_dir: RunDir) -> None:
    """Make sure that it was not a callback that ended training: it would have, whatever number of epochs was asked for.

    Raises:
        RunError: If it was.
    """
    newest = next((found for _, found in read_checkpoints(run_dir.resume) if isinstance(found, Checkpoint)), None)
    if newest is not None and newest.state.get("stop") is True and not newest.state.get("batch"):
        what = f"a callback ended the training of {run_dir.name} after epoch {newest.state.get('epoch')}"
        fix = "More epochs change nothing there; train it anew with more patience, or without that callback."
        raise RunError(Problem(what, fix))


def _prepared(run_dir: RunDir, config: Config, progress: Progress, trust: bool) -> Prepared:
    """Return data and network; if they do not fit each other any more, say first what was changed in the config.

    Raises:
        RunError: If they do not: whoever began the run had them fit.
    """
    try:
        with weights_of(run_dir, config):
            return prepare(config, progress, trust)
    except (ConfigError, RunError) as error:
        begun = read_experiment(run_dir)["config"] if run_dir.has(run_dir.experiment) else {}
        changes = config_differences(begun, config_values(config)) if begun else []
        raise RunError(*map(_another(run_dir), changes), *error.problems) from error


def _another(run_dir: RunDir) -> Callable[[str], Problem]:
    fix = "Put it back, or go on as another experiment with --accept-changes."
    return lambda change: Problem(f"{run_dir.name} was begun as another experiment: {change}", fix)


def _changes(run_dir: RunDir, config: Config, prepared: Prepared, more_epochs: int) -> list[str]:
    if run_dir.record.get("state") != "finished" and not run_dir.has(run_dir.experiment):
        return []  # it was cut off while its beginning was written, and nothing has been trained
    before = read_experiment(run_dir)
    found = experiment_record(config, prepared)
    begun_with = before["config"]["fit"].get("epochs")
    if type(begun_with) is int:
        before["config"]["fit"]["epochs"] = (_epochs_asked_for(run_dir) or begun_with) + more_epochs
    changes = differences(before, found)
    if "config.yaml" in run_dir.damaged():
        changes.append("config.yaml was changed in the run's folder (what counts there is resolved.yaml)")
    return changes


def _check(run_dir: RunDir, changes: list[str], accept_changes: bool) -> None:
    if changes and not accept_changes:
        raise RunError(*map(_another(run_dir), changes))
    if run_dir.record.get("state") == "diverged" and not changes:
        fix = "Change what leads there (the learning rate, the scaling) and train a new run."
        raise RunError(Problem(f"{run_dir.name} diverged, and would again at the same batch", fix))


def _note_resumed(run_dir: RunDir, config: Config, changes: list[str], more_epochs: int) -> None:
    """Tell run.json, at once with what has been asked for, that the run is no finished one any more."""
    before = run_dir.record
    record: dict[str, Any] = {"at": now(), "state": before.get("state")}
    if more_epochs:
        record |= {"more_epochs": more_epochs, "epochs": config.required()[2].epochs}
    if changes:
        record["accepted_changes"] = changes
    earlier = before.get("resumed")
    run_dir.update(state="interrupted", resumed=[*(earlier if isinstance(earlier, list) else []), record])


def _newest_checkpoint(run_dir: RunDir, progress: Progress) -> Checkpoint | None:
    """Return the newest checkpoint that is whole, and say which ones are not; None where there is none."""
    damaged = False
    for path, found in read_checkpoints(run_dir.resume):
        if not isinstance(found, DamagedError):
            return found
        damaged = True
        progress.note(f"checkpoint {path.name} is damaged ({found}); the one before it is used")
        with writing(path):
            shutil.rmtree(path)
    progress.note("no checkpoint can be used; training begins anew" if damaged else "there is no checkpoint yet; "
                  "training begins anew")  # fmt: skip
    return None


def _clear(run_dir: RunDir) -> None:
    """Take away what callbacks wrote before there was a checkpoint; it will be written again."""
    with writing(run_dir.checkpoints):
        for path in run_dir.checkpoints.iterdir() if run_dir.checkpoints.is_dir() else ():
            if path != run_dir.experiment:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _complete(
    run_dir: RunDir, config: Config, prepared: Prepared, progress: Progress, start: Checkpoint | None
) -> None:
    try:
        complete(run_dir, config, prepared, progress, start)
    except UnfitError as error:
        fix = "Train a new run."
        raise RunError(Problem(f"the checkpoint of {run_dir.name} does not fit its config: {error}", fix)) from error
