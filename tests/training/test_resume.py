"""A run that was cut off anywhere and resumed, against the same run uninterrupted."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import dlrun
from dlrun import cli
from dlrun.config.schema import FitConfig
from dlrun.errors import DivergedError, RunError
from dlrun.lock import locked
from dlrun.run_dir import RunDir
from dlrun.training import train as train_module
from dlrun.training.checkpoint import Checkpoint, read_checkpoints
from dlrun.training.engine import Engine
from dlrun.training.evaluate import evaluate
from dlrun.training.examples import Examples
from dlrun.training.history import HistoryFile
from dlrun.training.keeper import CheckpointKeeper, OutOfTime
from dlrun.training.progress import Progress
from dlrun.training.resume import resume, resume_or_train
from dlrun.training.run import Run
from tests.training.conftest import weights_hash

pytestmark = pytest.mark.usefixtures("without_plots")

CALLBACKS = """
callbacks:
  - EarlyStopping: {monitor: val_loss, patience: 3, min_delta: 0.02, restore_best_weights: true}
  - ReduceLROnPlateau: {monitor: val_loss, patience: 1, min_delta: 0.02, factor: 0.5}
  - ModelCheckpoint: {filepath: best.weights.h5, save_best_only: true, save_weights_only: true}
  - CSVLogger: log.csv
"""
OVERRIDES = ("fit.epochs=12", "fit.checkpoint.epochs=1", "compile.optimizer.Adam.learning_rate=0.05")


class Killed(BaseException):
    """Stands for a kill: nothing of dlrun catches it, and nothing is saved because of it."""


class Killer(Progress):
    """Kills at a moment, and collects what was noted."""

    def __init__(self, phase: str = "", epoch: int = -1, batches: int = -1) -> None:
        self.moment = (phase, epoch, batches)
        self.notes: list[str] = []
        self._batches = 0

    def phase(self, text: str) -> None:
        if text == self.moment[0]:
            raise Killed

    def note(self, text: str) -> None:
        self.notes.append(text)

    def batch_end(self, epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        self._batches += 1
        if self._batches == self.moment[2]:
            raise Killed

    def epoch_end(self, epoch: int, logs: Mapping[str, float], seconds: float) -> None:
        if epoch == self.moment[1]:
            raise Killed


@pytest.fixture
def config(project: Path) -> Any:
    file = project / "fruit.yaml"
    file.write_text(file.read_text(encoding="utf-8") + CALLBACKS, encoding="utf-8")
    return dlrun.load_config(file, OVERRIDES)


def kill(config: Any, runs_dir: Path, killer: Killer) -> RunDir:
    with pytest.raises(Killed):
        dlrun.train(config, runs_dir=runs_dir, progress=killer)
    return RunDir.find(None, runs_dir)


def results(run: RunDir) -> dict[str, bytes]:
    names = ("history.csv", "metrics.json", "predictions.csv", "checkpoints/final.npz", "checkpoints/log.csv")
    assert run.state == "finished"
    return {name: (run.path / name).read_bytes() for name in names}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a killed CSVLogger's open file
def test_a_killed_run_is_resumed_to_the_same_bits(config: Any, project: Path) -> None:
    whole = dlrun.train(config, runs_dir=project / "whole")
    assert 4 < len(whole.history) < 12  # it did stop early
    moments = [Killer(epoch=len(whole.history) - 1), Killer(epoch=3), Killer("drawing")]
    for killer in moments:
        killed = kill(config, project / "runs", killer)
        resumed = resume(killed.path)
        assert results(resumed.dir) == results(whole.dir), killer.moment
        assert resumed.dir.record["resumed"][0]["state"] in ("failed", "running")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a killed CSVLogger's open file
def test_with_mixed_precision_too(config: Any, project: Path) -> None:
    """The scale of the loss, which doubles after steps without an overflow, is kept with the rest."""
    config = dlrun.load_config(project / "fruit.yaml", [*OVERRIDES, "compile.mixed_precision=mixed_float16"])
    whole = dlrun.train(config, runs_dir=project / "whole")
    resumed = resume(kill(config, project / "runs", Killer(epoch=3)).path)
    assert results(resumed.dir) == results(whole.dir)
    assert evaluate(dlrun.load_run(resumed.dir.path)).scores["test"]["loss"] == whole.metrics["test"]["loss"]
    assert type(whole.model.optimizer).__name__ == "LossScaleOptimizer"


def engine_of(build: Callable[..., Any], rows: Examples, **fit: Any) -> Engine:
    validation = Examples({"features": rows.x["features"][:40]}, rows.y[:40])
    settings = FitConfig.model_validate({"epochs": 6, "batch_size": 16, **fit})
    engine = Engine(build(0.05), rows, validation, settings=settings, seed=11, steps_per_execution=1)
    engine.trace()
    return engine


class Counter(keras.callbacks.Callback):
    """A user's own callback that remembers, with its own pair of methods, and looks at every batch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = {"batches": 0}
        self.lock = object()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen["batches"] += 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.optimizer.learning_rate = 0.1 / (1 + self.seen["batches"])

    def get_state(self) -> dict[str, int]:
        return dict(self.seen)

    def set_state(self, state: dict[str, int]) -> None:
        self.seen = state


def keeper_at(folder: Path, settings: FitConfig, **options: Any) -> CheckpointKeeper:
    folder.mkdir(exist_ok=True)
    history = HistoryFile(folder / "history.csv")
    return CheckpointKeeper(folder / "resume", folder, history, settings=settings, **options)


def callbacks_for(folder: Path) -> list[Any]:
    return [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.8),
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=2, min_delta=0.02, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=1, min_delta=0.02),
        Counter(),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("batch", [10, 23])
def test_inside_an_epoch_too(rows: Examples, build: Callable[..., Any], tmp_path: Path, batch: int) -> None:
    """There are 10 batches an epoch; each is a checkpoint here."""

    def fit(engine: Engine, folder: Path, progress: Killer, start: Checkpoint | None = None) -> CheckpointKeeper:
        keeper = keeper_at(folder, engine._settings, start=start)
        engine.fit(callbacks_for(folder), progress=progress, keeper=keeper)
        return keeper

    options = {"checkpoint": {"minutes": 1e-9}}
    whole = engine_of(build, rows, **options)
    fit(whole, tmp_path / "whole", Killer())
    cut_off = engine_of(build, rows, **options)
    with pytest.raises(Killed):
        fit(cut_off, tmp_path / "cut", Killer(batches=batch))
    (_, checkpoint), *_ = read_checkpoints(tmp_path / "cut/resume")
    assert isinstance(checkpoint, Checkpoint)
    assert (checkpoint.state["epoch"], checkpoint.state["batch"]) == divmod(batch - 1, 10)
    resumed = engine_of(build, rows, **options)
    fit(resumed, tmp_path / "cut", Killer(), checkpoint)
    assert weights_hash(resumed.model) == weights_hash(whole.model)
    assert resumed.model.history.history == whole.model.history.history
    assert resumed.model.history.epoch == whole.model.history.epoch


def test_a_time_limit_stops_and_keeps(rows: Examples, build: Callable[..., Any], tmp_path: Path) -> None:
    ticks = iter(range(1000))
    engine = engine_of(build, rows, time_limit={"minutes": 0.5})
    keeper = keeper_at(tmp_path, engine._settings, clock=lambda: float(next(ticks)))
    with pytest.raises(OutOfTime):
        engine.fit([], keeper=keeper)
    (_, checkpoint), *_ = read_checkpoints(tmp_path / "resume")
    assert isinstance(checkpoint, Checkpoint)
    assert 0 < checkpoint.state["batch"] + 10 * checkpoint.state["epoch"] < 30


def test_a_run_out_of_time_is_resumed(project: Path) -> None:
    whole = dlrun.train(dlrun.load_config(project / "fruit.yaml"), runs_dir=project / "whole")
    config = dlrun.load_config(project / "fruit.yaml", ["fit.time_limit.minutes=1e-9"])
    seen = Killer()
    run = dlrun.train(config, runs_dir=project / "runs", progress=seen)
    assert (run.dir.state, run.dir.record["reason"]) == ("interrupted", "fit.time_limit")
    assert f"dlrun resume {run.dir.name}" in seen.notes[-1]
    text = run.dir.resolved.read_text(encoding="utf-8")
    run.dir.resolved.write_text(re.sub(r"time_limit: *.*\n?.*\d}", "time_limit: {hours: 1}", text), encoding="utf-8")
    run = resume(run.dir.path)
    assert run.dir.arrays.read_bytes() == whole.dir.arrays.read_bytes()
    assert run.dir.history.read_bytes() == whole.dir.history.read_bytes()


def test_more_epochs_are_as_if_asked_for_at_once(project: Path) -> None:
    short, long = (dlrun.load_config(project / "fruit.yaml", [f"fit.epochs={n}"]) for n in (2, 4))
    whole = dlrun.train(long, runs_dir=project / "whole")
    run = dlrun.train(short, runs_dir=project / "runs")
    resume_or_train(short, runs_dir=project / "runs", more_epochs=2)
    assert run.dir.arrays.read_bytes() == whole.dir.arrays.read_bytes()
    assert run.dir.history.read_bytes() == whole.dir.history.read_bytes()
    assert run.dir.metrics.read_bytes() == whole.dir.metrics.read_bytes()
    assert dlrun.load_config(run.dir.resolved).fit.epochs == 4  # type: ignore[union-attr]
    seen = Killer()
    assert resume(run.dir.path, progress=seen).dir.state == "finished"
    assert "finished already" in seen.notes[0]


def test_another_experiment_is_refused_and_told(project: Path) -> None:
    config = dlrun.load_config(project / "fruit.yaml")
    run = kill(config, project / "runs", Killer(epoch=1))
    text = run.resolved.read_text(encoding="utf-8")
    run.resolved.write_text(text.replace("[ripe]", "[colour]"), encoding="utf-8")
    with pytest.raises(RunError, match=r"another experiment: data\.target\[0\] was ripe and is colour.*\n.*two la"):
        resume(run.path)
    run.resolved.write_text(text.replace("batch_size: 16", "batch_size: 8"), encoding="utf-8")
    with (project / "fruit.csv").open("a", encoding="utf-8") as file:
        file.write("150.0,9.0,red,no\n")
    experiment = json.loads(run.experiment.read_text(encoding="utf-8"))
    experiment["environment"]["packages"]["keras"] = "3.0.0"
    run.write_json(run.experiment, experiment)
    run.seal(run.experiment)
    with pytest.raises(RunError) as caught:
        resume(run.path)
    told = "\n".join(str(problem) for problem in caught.value.problems)
    assert "fit.batch_size was 16 and is 8" in told
    assert "fruit.csv is not the file it was" in told
    assert f"packages.keras was 3.0.0 and is {keras.__version__}" in told
    assert run.record["state"] == "failed"
    with pytest.raises(RunError, match="fit\\.epochs was 3 and is 5"):
        resume_or_train(dlrun.load_config(project / "fruit.yaml", ["fit.epochs=5"]), runs_dir=project / "runs")
    again = resume(run.path, accept_changes=True)
    assert again.dir.state == "finished"
    assert len(again.dir.record["resumed"][-1]["accepted_changes"]) == 3


def test_a_damaged_checkpoint_is_told_and_the_one_before_used(project: Path) -> None:
    config = dlrun.load_config(project / "fruit.yaml", ["fit.checkpoint.epochs=1"])
    whole = dlrun.train(config, runs_dir=project / "whole")
    run = kill(config, project / "runs", Killer(epoch=2))
    newest = sorted(run.resume.iterdir())[-1] / "arrays.bin"
    newest.write_bytes(b"\1" + newest.read_bytes()[1:])
    seen = Killer()
    resume(run.path, progress=seen)
    assert any("is damaged (it has changed since it was written); the one before it is used" in n for n in seen.notes)
    assert run.arrays.read_bytes() == whole.dir.arrays.read_bytes()


def test_a_run_that_had_hardly_begun(project: Path) -> None:
    config = dlrun.load_config(project / "fruit.yaml", ["fit.epochs=1"])
    whole = dlrun.train(config, runs_dir=project / "runs")
    early = RunDir.create(project / "runs", "fruit")
    with pytest.raises(RunError, match="cut off before its config was written"):
        resume(early.path)
    early.write_text(early.resolved, config.to_yaml())
    assert resume(early.path).dir.arrays.read_bytes() == whole.dir.arrays.read_bytes()
    assert early.state == "finished"


def test_one_writer(project: Path) -> None:
    run = kill(dlrun.load_config(project / "fruit.yaml"), project / "runs", Killer(epoch=1))
    with locked(run.path), pytest.raises(RunError, match="is being written by process"):
        resume(run.path)


def test_the_last_good_weights_of_a_diverged_run_are_kept(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = dlrun.load_config(project / "fruit.yaml", ["fit.epochs=2"])
    good = dlrun.train(config, runs_dir=project / "good")
    plain = train_module.CheckpointKeeper.after_epoch

    def spoil(self: Any, epoch: int, logs: Any) -> None:
        plain(self, epoch, logs)
        if epoch == 1:
            self._model.layers[-1].bias.assign([np.nan])

    monkeypatch.setattr(CheckpointKeeper, "after_epoch", spoil)
    config = dlrun.load_config(project / "fruit.yaml", ["fit.epochs=4"])
    with pytest.raises(DivergedError, match=r"NaN in epoch 3, batch 1\.[\s\S]*after epoch 2, the last good ones"):
        dlrun.train(config, runs_dir=project / "runs")
    run = RunDir.find(None, project / "runs")
    assert (run.state, run.record["weights_after_epoch"]) == ("diverged", 2)
    assert run.arrays.read_bytes() == good.dir.arrays.read_bytes()
    assert "nan" not in run.history.read_text().lower()
    evaluation = evaluate(dlrun.load_run(run.path))
    assert evaluation.verdict[0].startswith("Careful: this run diverged")
    capsys.readouterr()
    assert cli.run(["evaluate", str(run.path), "--worst", "2"]) == 0
    assert "Careful: this run diverged; these are its weights after epoch 2" in capsys.readouterr().out
    with pytest.raises(RunError, match="would again at the same batch"):
        resume(run.path)


def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "dlrun", *arguments]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_epochs(process: subprocess.Popen[str], count: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        count -= line.startswith("epoch")
        if not count:
            return
    raise AssertionError(process.communicate()[1])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_real_signals(project: Path, number: signal.Signals) -> None:
    overrides = ["fit.epochs=100", "fit.batch_size=4"]
    process = start(project, "train", "fruit.yaml", *overrides)
    wait_for_epochs(process, 20)
    began = time.monotonic()
    process.send_signal(number)
    process.communicate()
    assert time.monotonic() - began < 5
    assert process.returncode == {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[number]
    run = RunDir.find(None, project / "runs")
    assert run.state == "interrupted"
    resumed: Run = resume(run.path)
    whole = dlrun.train(dlrun.load_config(project / "fruit.yaml", overrides), runs_dir=project / "whole")
    assert resumed.dir.arrays.read_bytes() == whole.dir.arrays.read_bytes()
    assert resumed.dir.history.read_bytes() == whole.dir.history.read_bytes()
