"""From a config to a finished run, through the real pipeline."""

from __future__ import annotations

import errno
import json
import os
import stat
import weakref
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

import dlrun
from dlrun import files
from dlrun.errors import ConfigError, DataError, DiskError, DivergedError, DlrunError, RunError
from dlrun.metrics_file import load_metrics
from dlrun.run_dir import RunDir
from dlrun.training import finalize
from dlrun.training.examples import Examples
from dlrun.training.progress import Progress
from dlrun.training.run import Run
from tests.training.conftest import fruit, weights_hash


def train(project: Path, *overrides: str, **options: Any) -> Run:
    trust = options.get("trust", False)
    config = dlrun.load_config(project / "fruit.yaml", overrides, trust=trust)
    return dlrun.train(config, runs_dir=project / "runs", **options)


def only_run(project: Path) -> RunDir:
    (run_dir,) = RunDir.list(project / "runs")
    return run_dir


def test_a_finished_run_has_everything(project: Path) -> None:
    run = train(project)
    names = {entry.name for entry in run.dir.path.iterdir()}
    assert names == {
        "config.yaml", "resolved.yaml", "environment.json", "data.json", "preprocessing.json", "history.csv",
        "model.keras", "checkpoints", "metrics.json", "predictions.csv", "plots", "run.json",
    }  # fmt: skip
    assert run.dir.state == "finished"
    assert run.dir.record["started"] < run.dir.record["ended"]
    assert run.dir.config.read_text(encoding="utf-8") == (project / "fruit.yaml").read_text(encoding="utf-8")
    assert dlrun.load_config(run.dir.resolved) == run.config
    assert stat.S_IMODE(run.dir.path.stat().st_mode) == 0o700
    assert list(run.dir.plots.glob("*.png"))
    assert [len(run.history), list(run.history["epoch"])] == [3, [1, 2, 3]]
    assert list(run.history) == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]


def test_no_rows_are_in_memory_while_plots_are_drawn(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[bool] = []
    kept: list[weakref.ref[Any]] = []
    make, draw = Examples.__init__, finalize.write_plots_of

    def noted(self: Examples, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        kept.append(weakref.ref(self))

    def looked(*args: Any) -> None:
        alive.extend(one() is not None for one in kept)
        draw(*args)

    monkeypatch.setattr(Examples, "__init__", noted)
    monkeypatch.setattr(finalize, "write_plots_of", looked)
    train(project)
    assert len(alive) >= 3 and not any(alive)


def test_predictions_and_metrics_agree_with_scikit_learn(project: Path) -> None:
    run = train(project)
    predictions = pd.read_csv(run.dir.predictions)
    assert list(predictions) == [
        "row", "part", "ripe", "ripe_predicted", "ripe_probability_no", "ripe_probability_yes",
    ]  # fmt: skip
    assert sorted(predictions["row"]) == list(range(90))
    assert (predictions["ripe"] == fruit()["ripe"][predictions["row"]].to_numpy()).all()
    assert run.metrics["rows"] == {"train": 53, "validation": 14, "test": 23}
    for part, rows in predictions.groupby("part"):
        truth, probability = rows["ripe"] == "yes", rows["ripe_probability_yes"]
        scores = run.metrics[part]
        assert scores["accuracy"] == pytest.approx(accuracy_score(truth, probability >= 0.5), abs=1e-9)
        assert scores["roc_auc"] == pytest.approx(roc_auc_score(truth, probability), abs=1e-9)
        assert scores["log_loss"] == pytest.approx(log_loss(truth, probability), abs=1e-9)
        assert scores["loss"] == pytest.approx(scores["log_loss"], abs=1e-5)
        assert set(run.metrics["baseline"][part]) == {"majority"}
    assert run.metrics["parameters"] == (5 * 6 + 6) + (6 + 1)
    assert run.history["val_loss"].iloc[-1] == run.metrics["validation"]["loss"]


def test_the_same_config_gives_the_same_run(project: Path) -> None:
    first, second = train(project), train(project)
    other = train(project, "seed=4")
    assert weights_hash(first.model) == weights_hash(second.model) != weights_hash(other.model)
    assert first.dir.arrays.read_bytes() == second.dir.arrays.read_bytes()
    for name in ("history.csv", "predictions.csv", "metrics.json", "preprocessing.json", "data.json"):
        assert (first.dir.path / name).read_bytes() == (second.dir.path / name).read_bytes(), name


def learned(project: Path) -> tuple[bytes, ...]:
    return kept(train(project, "fit.epochs=1", "~data.split.validation").dir)


def kept(run_dir: RunDir) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in (run_dir.preprocessing, run_dir.arrays, run_dir.history))


CELLS = st.one_of(
    st.tuples(st.sampled_from(["무게", "sugar"]), st.floats(-1e30, 1e30) | st.none()),
    st.tuples(st.just("colour"), st.sampled_from(["red", "blue", "=1+1"])),
    st.tuples(st.just("ripe"), st.sampled_from(["yes", "no"])),
)


@pytest.mark.slow
@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 22), CELLS), min_size=1, max_size=8))
def test_no_value_of_a_test_row_changes_what_is_learned(project: Path, changes: list[Any]) -> None:
    frame = fruit()
    if not (project / "runs").exists():  # the first example of hypothesis
        learned(project)
    before = kept(RunDir.find("fruit-001", project / "runs"))
    predictions = pd.read_csv(project / "runs/fruit-001/predictions.csv")
    test_rows = predictions.loc[predictions["part"] == "test", "row"].to_numpy()
    for position, (column, value) in changes:
        frame.loc[test_rows[position], column] = value
    frame.to_csv(project / "fruit.csv", index=False)
    assert learned(project) == before


def test_a_value_of_a_training_row_does_change_it(project: Path) -> None:
    before = learned(project)
    predictions = pd.read_csv(RunDir.find(None, project / "runs").predictions)
    frame = fruit()
    frame.loc[predictions.loc[predictions["part"] == "train", "row"].iloc[0], "sugar"] = 30.0
    frame.to_csv(project / "fruit.csv", index=False)
    assert all(a != b for a, b in zip(learned(project), before, strict=True))


def test_the_keras_file_is_the_same_network(project: Path) -> None:
    run = train(project)
    theirs = keras.models.load_model(run.dir.model)
    assert all(np.array_equal(a, b) for a, b in zip(theirs.get_weights(), run.model.get_weights(), strict=True))


def test_weights_of_classes_and_resampled_rows(project: Path) -> None:
    runs = [
        train(project, *overrides)
        for overrides in (
            ["fit.epochs=1"], ["fit.epochs=1", "fit.class_weight=balanced"],
            ["fit.epochs=1", "preprocessing.resample={oversample: minority}"],
        )
    ]  # fmt: skip
    assert len({weights_hash(run.model) for run in runs}) == 3
    assert [run.metrics["rows"]["train"] for run in runs] == [53, 53, 53]
    labels = pd.read_csv(runs[0].dir.predictions).query("part == 'train'")["ripe"].value_counts()
    even = -(-2 * labels.max() // 16)  # both classes as large as the larger one
    assert [int(run.model.optimizer.iterations) for run in runs] == [4, 4, even]
    assert even > 4


@pytest.mark.parametrize(
    ("override", "error", "message"),
    [
        ("layers.2.Dense.units=3", ConfigError, "units: 1"),
        ("layers.0={Conv2D: {filters: 2, kernel_size: 3}}", ConfigError, "Conv2D"),
        ("callbacks=[{EarlyStopping: {monitor: val_auc}}]", ConfigError, "val_auc"),
        ("callbacks=[{ModelCheckpoint: {filepath: ../x.keras}}]", ConfigError, "outside the run's folder"),
        ("data.target=colour", (ConfigError, DataError), "colour"),
        ("data.source=none.csv", DlrunError, "none.csv"),
        ("name=a/b", ConfigError, "a/b"),
        ("~compile", ConfigError, "compile"),
        ("compile.loss=categorical_crossentropy", ConfigError, "softmax|categorical"),
    ],
)
def test_a_mistake_leaves_nothing_behind(project: Path, override: str, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        train(project, override)
    assert not (project / "runs").exists()


def test_a_loss_that_is_not_finite_is_recorded(project: Path) -> None:
    with pytest.raises(DivergedError, match="loss became"):
        train(project, "compile.optimizer={SGD: {learning_rate: 1e30}}", "compile.loss=mse", "data.target=무게",
              "layers.2={Dense: 1}", "compile.metrics=[]")  # fmt: skip
    run_dir = only_run(project)
    assert run_dir.state == "diverged"
    assert "loss became" in run_dir.record["reason"]
    assert not run_dir.metrics.exists()
    with pytest.raises(RunError, match="did not finish"):
        dlrun.load_run(run_dir.path)


STOPPER = """
import signal
import keras

class Stopper(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            signal.raise_signal(signal.SIGINT)
"""


def test_a_signal_leaves_an_interrupted_run(project: Path) -> None:
    (project / "stopper.py").write_text(STOPPER)
    with pytest.raises(KeyboardInterrupt):
        train(project, f"code=[{project}/stopper.py]", "callbacks=[Stopper]", "fit.epochs=50", trust=True)
    run_dir = only_run(project)
    assert run_dir.state == "interrupted"
    assert run_dir.record["reason"] == "SIGINT"
    assert run_dir.history.read_text().count("\n") == 3


def test_code_needs_trust(project: Path) -> None:
    (project / "stopper.py").write_text(STOPPER)
    with pytest.raises(DlrunError, match="trust"):
        train(project, "code=[stopper.py]", "callbacks=[Stopper]")
    assert not (project / "runs").exists()


@pytest.mark.parametrize("name", ["metrics.json", "model.keras", "final.npz", "preprocessing.json"])
def test_a_full_disk_is_said_and_recorded(project: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    replace = os.replace

    def full(source: Any, target: Any, **options: Any) -> None:
        if Path(target).name == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        replace(source, target, **options)

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(DiskError, match=name):
        train(project)
    run_dir = only_run(project)
    assert run_dir.state == "failed"
    assert not (run_dir.path / name).exists()
    assert not list(run_dir.path.rglob("*.tmp"))


def test_progress_hears_everything(project: Path) -> None:
    heard: list[tuple[Any, ...]] = []

    class Listener:
        def __getattr__(self, name: str) -> Any:
            return lambda *arguments: heard.append((name, *arguments))

    run = train(project, progress=Listener())
    assert [call[1] for call in heard if call[0] == "phase"] == [
        "starting Keras", "reading the data", "preprocessing", "building the network", "training", "evaluating",
        "drawing",
    ]  # fmt: skip
    assert [call for call in heard if call[0] == "train_begin"] == [("train_begin", 3, 4, ["loss", "val_loss"])]
    ends = [call for call in heard if call[0] == "epoch_end"]
    assert [call[1] for call in ends] == [0, 1, 2]
    assert run.dir.record["epoch_seconds"] == [call[3] for call in ends]
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} == set(ends[0][2])
    assert [call[1:3] for call in heard if call[0] == "batch_end"][-1] == (2, 3)


def test_new_categories_are_counted_in_notes_and_metrics(project: Path) -> None:
    notes: list[str] = []

    class Listener(Progress):
        def note(self, text: str) -> None:
            notes.append(text)

    frame = fruit().assign(part=["train"] * 60 + ["validation"] * 15 + ["test"] * 15)
    frame.loc[[3, 80, 85], "colour"] = ["green", "blue", "pink"]
    frame.to_csv(project / "fruit.csv", index=False)
    run = train(project, "data.split={column: part}", "fit.epochs=1", progress=Listener())
    told = "test rows: 2 cells of 'colour' hold a category not seen in training; the network gets zeros"
    assert told in notes
    assert load_metrics(run.dir)["unseen"] == {"test": {"colour": 2}}


def test_the_folder_records_no_secret(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "canary-canary")
    run = train(project, "fit.epochs=1")
    written = [path for path in run.dir.path.rglob("*") if path.is_file()]
    assert len(written) > 10
    assert not [path for path in written if b"canary-canary" in path.read_bytes()]
    json.loads(run.dir.metrics.read_text(), parse_constant=pytest.fail)
