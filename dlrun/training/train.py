"""The straight line from a config to a finished run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.errors import DataError, DiskError, DivergedError, Problem, RunError
from dlrun.files import disk_errors
from dlrun.run_dir import RunDir, now
from dlrun.spreadsheet import csv_of
from dlrun.training.forward import Forward
from dlrun.training.history import HistoryFile
from dlrun.training.prepare import Prepared, prepare
from dlrun.training.progress import SILENT, Progress
from dlrun.training.record import write_beginning
from dlrun.training.results import ScoredParts
from dlrun.training.run import Run
from dlrun.training.save import save_model
from dlrun.training.signals import Interrupted, StopSignals

if TYPE_CHECKING:
    from dlrun.config import Config


def train(
    config: Config | str | Path, *, runs_dir: str | Path = "runs", progress: Progress = SILENT, trust: bool = False
) -> Run:
    """Train what a config describes, and keep everything in a run folder.

    Args:
        config: The config, or its file.
        runs_dir: The folder of the run folders.
        progress: Hears how it goes.
        trust: Whether the config's own code may run.

    Returns:
        The finished run.

    Raises:
        ConfigError, DataError, RunError: Before anything is written, if something is wrong.
        DivergedError: If the loss became NaN or infinite.
        DiskError: If the disk is full, read-only or broken.
        KeyboardInterrupt: If a signal stopped it; the run's state is then "interrupted".
    """
    if isinstance(config, (str, Path)):
        from dlrun.config import load_config

        config = load_config(config, trust=trust)
    prepared = prepare(config, progress, trust)
    signals = StopSignals()
    run_dir = RunDir.create(Path(runs_dir), config.name)
    progress.folder(str(run_dir.path))
    try:
        with recorded(run_dir):
            write_beginning(run_dir, config, prepared)
            fit(run_dir, config, prepared, progress, signals)
            save_model(run_dir, prepared.model, progress)
            signals.check()  # one that came with the last batch
            finalize(run_dir, config, prepared, progress)
    except Interrupted:
        signals.deliver()
    return Run(run_dir, config, preprocessor=prepared.preprocessor, model=prepared.model)


def fit(run_dir: RunDir, config: Config, prepared: Prepared, progress: Progress, signals: StopSignals) -> None:
    """Train through all epochs; history.csv grows with each."""
    from dlrun.model.callbacks import build_callbacks

    run_dir.checkpoints.mkdir(mode=0o700, exist_ok=True)
    run_dir.update(state="running", phase="fit", started=now())
    progress.phase("training")
    with signals, disk_errors(), explained_failures():
        prepared.engine.fit(
            build_callbacks(config, run_dir.checkpoints),
            on_epoch=HistoryFile(run_dir.history).add,
            progress=progress,
            signals=signals,
        )
    run_dir.update(state="finalizing", phase="save")


def finalize(run_dir: RunDir, config: Config, prepared: Prepared, progress: Progress) -> None:
    """Write predictions.csv, metrics.json and plots; it may be done again, and gives the same."""

    assert config.fit is not None
    progress.phase("evaluating")
    run_dir.update(phase="evaluate")
    forward = Forward(prepared.model, config.fit.batch_size)
    scored = ScoredParts(config, prepared.preprocessor, forward, prepared.engine.test)
    for part, table in prepared.dataset.examples.items():
        scored.add(part, table)
        note_unseen(part, prepared.preprocessor.unseen, progress)
    run_dir.write_text(run_dir.predictions, csv_of(scored.predictions()))
    scores, baselines = scored.scores(run_dir.read_json(run_dir.data)["baselines"])
    rows = {part: len(table) for part, table in prepared.dataset.examples.items()}
    counts = {"rows": rows, "parameters": prepared.model.count_params()}
    run_dir.write_json(run_dir.metrics, {**scores, "baseline": baselines, **counts})
    run_dir.update(phase="plots")
    write_plots_of(run_dir, progress)
    run_dir.seal_results()
    run_dir.update(state="finished", phase=None, ended=now())


def write_plots_of(run_dir: RunDir, progress: Progress) -> None:
    """Draw the run; a user's plot that fails takes nothing else with it."""
    from dlrun.plots.write import write_plots

    progress.phase("drawing")
    try:
        write_plots(run_dir)
    except RunError as error:
        for problem in error.problems:
            progress.note(str(problem))


def note_unseen(part: str, unseen: dict[str, int], progress: Progress) -> None:
    """Tell how many cells hold a category that the training rows do not have."""
    for column, count in unseen.items():
        progress.note(f"{part} rows: {count} cells of '{column}' hold a category not seen in training; they are zeros")


@contextlib.contextmanager
def recorded(run_dir: RunDir) -> Iterator[None]:
    """Keep in run.json how a run ended, whatever ends it."""
    try:
        yield
    except BaseException as error:
        state = "failed"
        if isinstance(error, (Interrupted, KeyboardInterrupt)):
            state = "interrupted"
        elif isinstance(error, DivergedError):
            state = "diverged"
        with contextlib.suppress(DiskError):  # a full disk is what the first error tells
            run_dir.update(state=state, reason=str(error) or type(error).__name__, ended=now())
        raise


@contextlib.contextmanager
def explained_failures() -> Iterator[None]:
    """Turn what TensorFlow raises for values it cannot do with into a DataError.

    Raises:
        DataError: For example, if a row holds a number that is no index into an Embedding.
    """
    import tensorflow as tf

    from dlrun.model.explain import explain

    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise DataError(Problem(explain(error), "Set a smaller fit.batch_size, or a smaller network.")) from error
    except tf.errors.OpError as error:
        raise DataError(Problem(f"TensorFlow cannot compute this: {error.message.splitlines()[0]}")) from error
