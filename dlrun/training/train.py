"""The straight line from a config to a finished run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.errors import DivergedError, Problem
from dlrun.files import disk_errors, writing
from dlrun.run_dir import RunDir, now
from dlrun.signals import Interrupted, StopSignals
from dlrun.training.checkpoint import Checkpoint
from dlrun.training.failures import callback_failures, explained_failures
from dlrun.training.finalize import finalize
from dlrun.training.history import HistoryFile
from dlrun.training.keeper import CheckpointKeeper, OutOfTime
from dlrun.training.prepare import Prepared, prepare
from dlrun.training.progress import SILENT, Progress
from dlrun.training.record import write_beginning
from dlrun.training.run import Run
from dlrun.training.save import save_arrays, save_model
from dlrun.training.track import Tracker, tracking
from dlrun.training.writer import recorded, writer

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.training.graphs import Graphs


def train(
    config: Config | str | Path,
    *,
    runs_dir: str | Path = "runs",
    progress: Progress = SILENT,
    trust: bool = False,
    graphs: Graphs | None = None,
) -> Run:
    """Train what a config describes, and keep everything in a run folder.

    Args:
        config: The config, or its file.
        runs_dir: The folder of the run folders.
        progress: Hears how it goes.
        trust: Whether the config's own code may run.
        graphs: Those of a run in this process whose config differs in its seed alone; they are used again.

    Returns:
        The run: finished, or "interrupted" where `fit.time_limit` ended it.

    Raises:
        ConfigError, DataError, RunError: Before anything is written, if something is wrong.
        DivergedError: If the loss became NaN or infinite.
        DiskError: If the disk is full, read-only or broken.
        KeyboardInterrupt: If a signal stopped it; the run's state is then "interrupted".
    """
    if isinstance(config, (str, Path)):
        from dlrun.config import load_config

        config = load_config(config, trust=trust)
    prepared = prepare(config, progress, trust, graphs)
    run_dir = RunDir.create(Path(runs_dir), config.name)
    progress.folder(str(run_dir.path))
    with writer(run_dir):
        with recorded(run_dir):
            write_beginning(run_dir, config, prepared)
        complete(run_dir, config, prepared, progress)
    return Run(run_dir, config, preprocessor=prepared.preprocessor, model=prepared.model)


def complete(
    run_dir: RunDir, config: Config, prepared: Prepared, progress: Progress, start: Checkpoint | None = None
) -> None:
    """Train, save and evaluate, from the beginning or from a checkpoint; `run.json` tells how it ended.

    Every step may be done again after one that was cut off, and gives the same.
    """
    signals = StopSignals()
    try:
        with tracking(run_dir, config, progress) as tracker, recorded(run_dir):
            keeper = fit(run_dir, config, prepared, progress, signals, start, tracker)
            save_model(run_dir, prepared.model, progress)
            signals.check()  # one that came with the last batch
            try:
                finalize(run_dir, config, prepared, progress)
            except DivergedError as error:
                raise _with_good_weights(error, run_dir, prepared, keeper) from error
    except OutOfTime:
        progress.note(f"fit.time_limit has passed and everything is kept; go on with: dlrun resume {run_dir.name}")
    except Interrupted:
        progress.note(f"stopped, and everything is kept; go on with: dlrun resume {run_dir.name}")
        signals.deliver()


def fit(
    run_dir: RunDir,
    config: Config,
    prepared: Prepared,
    progress: Progress,
    signals: StopSignals,
    start: Checkpoint | None = None,
    tracker: Tracker | None = None,
) -> CheckpointKeeper:
    """Train through all epochs; history.csv grows with each, and checkpoints are kept."""
    from dlrun.model.callbacks import build_callbacks

    _, _, settings = config.required()
    _begin(run_dir)
    progress.phase("training")
    history = HistoryFile(run_dir.history)
    if tracker is not None:
        tracker.follow(history)
    keeper = CheckpointKeeper(
        run_dir.resume, run_dir.checkpoints, history, settings=settings, signals=signals, start=start, progress=progress
    )

    def keep(epoch: int, logs: Mapping[str, Any]) -> None:
        history.add(epoch, logs)
        if tracker is not None:
            tracker.after_epoch(history)

    try:
        with signals, disk_errors(run_dir.checkpoints), explained_failures():
            callbacks = build_callbacks(config, run_dir.checkpoints)
            with callback_failures(config, callbacks):
                prepared.engine.fit(callbacks, on_epoch=keep, progress=progress, keeper=keeper)
    except DivergedError as error:
        raise _with_good_weights(error, run_dir, prepared, keeper) from error
    run_dir.update(state="finalizing", phase="save")
    return keeper


def _begin(run_dir: RunDir) -> None:
    """Take away the results that a run has when it is finished."""
    with writing(run_dir.path):
        run_dir.checkpoints.mkdir(mode=0o700, exist_ok=True)
        for path in (run_dir.metrics, run_dir.predictions):
            path.unlink(missing_ok=True)
    run_dir.update(state="running", phase="fit", started=now(), ended=None, reason=None)


def _with_good_weights(
    error: DivergedError, run_dir: RunDir, prepared: Prepared, keeper: CheckpointKeeper
) -> DivergedError:
    """Keep the weights of the last epoch in which all was well, and return an error that tells of them."""
    if keeper.good is None or not keeper.good[0]:
        with writing(run_dir.arrays):
            run_dir.arrays.unlink(missing_ok=True)
        return error
    epoch, weights = keeper.good
    prepared.model.set_weights(weights)
    save_arrays(run_dir, prepared.model)
    run_dir.update(weights_after_epoch=epoch)
    kept = f"the weights after epoch {epoch}, the last good ones, are kept"
    return DivergedError(*error.problems, Problem(kept, f"`dlrun evaluate {run_dir.name}` scores them."))
