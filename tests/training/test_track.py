"""`track: mlflow`: what MLflow's own client reads back is what the run folder holds, and it never stops a run."""

from __future__ import annotations

import csv
import importlib.util
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlrun.cli import run
from dlrun.config import load_config
from dlrun.run_dir import RunDir
from dlrun.training.history import HistoryFile
from dlrun.training.progress import Progress
from dlrun.training.track import Tracker, check_tracking, tracking_uri
from dlrun.training.track_mlflow import MlflowStore
from dlrun.training.train import train

CONFIG = """
name: house
data: {source: data.csv, target: y, split: {test: 0.2}}
preprocessing: {numeric: standard}
layers: [{Dense: 4}, {Dense: 1}]
compile: {optimizer: {Adam: {learning_rate: 0.01}}, loss: mse, metrics: [mae]}
fit: {epochs: 4, validation_split: 0.2}
track: {mlflow: {experiment_name: prices, tags: {team: one}}}
"""


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("track")
    rows = [f"{i % 17},{(i * 7) % 5},{(i % 17) * 2 + (i * 7) % 5}" for i in range(100)]
    (folder / "data.csv").write_text("\n".join(["width,rooms (m²),y", *rows]), encoding="utf-8")
    (folder / "house.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


class Told:
    """MLflow's store, read by MLflow's own client."""

    def __init__(self, runs: Path) -> None:
        from mlflow.tracking import MlflowClient

        self.client = MlflowClient(tracking_uri=f"sqlite:///{runs / 'mlflow.db'}")

    def run(self, run_dir: RunDir) -> Any:
        return self.client.get_run(run_dir.record["mlflow"]["run_id"])

    def points(self, run_dir: RunDir, key: str) -> list[tuple[int, float]]:
        history = self.client.get_metric_history(run_dir.record["mlflow"]["run_id"], key)
        return sorted((point.step, point.value) for point in history)


@pytest.fixture
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's and SQLAlchemy's own
        yield


def _history(run_dir: RunDir) -> dict[str, list[tuple[int, float]]]:
    with run_dir.history.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [(int(row["epoch"]), float(row[name])) for row in rows] for name in rows[0] if name != "epoch"}


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_mlflow_holds_what_the_folder_holds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = folder / "runs"
    assert run(["train", str(folder / "house.yaml"), "--runs-dir", str(runs), "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert (out.splitlines(), err) == ([str(runs / "house-001")], "")
    made, told = RunDir(runs / "house-001"), Told(runs)
    found = told.run(made)
    assert told.client.get_experiment(found.info.experiment_id).name == "prices"
    assert (found.info.run_name, found.info.status) == ("house-001", "FINISHED")
    assert found.data.params["layers.0.Dense.units"] == "4"
    assert found.data.params["compile.optimizer.Adam.learning_rate"] == "0.01"
    assert not [key for key in found.data.params if key.startswith("track")]
    assert found.data.tags["team"] == "one"
    history = _history(made)
    assert set(history) == {"loss", "mae", "val_loss", "val_mae"}
    for name, points in history.items():
        assert told.points(made, name) == points
    metrics = json.loads(made.metrics.read_text())
    for part in ("train", "validation", "test"):
        for name, value in metrics[part].items():
            assert value is None or told.points(made, f"{part}.{name}") == [(4, value)]
    assert told.points(made, "baseline.test.mean.rmse") == [(4, metrics["baseline"]["test"]["mean"]["rmse"])]
    files = {file.path for file in told.client.list_artifacts(found.info.run_id)}
    assert files == {"config.yaml", "resolved.yaml", "environment.json", "history.csv", "metrics.json", "plots"}
    plots = {Path(file.path).name for file in told.client.list_artifacts(found.info.run_id, "plots")}
    assert plots == {file.name for file in made.plots.iterdir()}
    assert str(runs / "mlartifacts") in found.info.artifact_uri


class Stop(Progress):
    """Stops a run after some epochs."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def epoch_end(self, epoch: int, logs: Any, seconds: float) -> None:
        if epoch + 1 == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_a_resumed_run_goes_on_in_the_same_one(folder: Path) -> None:
    runs = folder / "runs"
    with pytest.raises(KeyboardInterrupt):
        train(load_config(folder / "house.yaml", ["name=again"]), runs_dir=runs, progress=Stop(3))
    made = RunDir(runs / "again-001")
    told = Told(runs)
    first = told.run(made)
    assert first.info.status == "KILLED"
    assert [step for step, _ in told.points(made, "loss")] == [1, 2, 3]
    assert run(["resume", "again-001", "--runs-dir", str(runs), "--quiet"]) == 0
    assert run(["resume", "again-001", "--more-epochs", "2", "--runs-dir", str(runs), "--quiet"]) == 0
    found = told.run(made)
    assert (found.info.run_id, found.info.status) == (first.info.run_id, "FINISHED")
    for name, points in _history(made).items():
        assert len(points) == 6
        assert told.points(made, name) == points
    assert [step for step, _ in told.points(made, "test.rmse")] == [4, 6]
    assert found.data.params["fit.epochs"] == "4"
    assert found.data.tags["now.fit.epochs"] == "6"


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_a_store_that_fails_does_not_end_the_run_and_gets_everything_in_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = folder / "runs"
    real, failed = MlflowStore.epochs, []

    def epochs(self: MlflowStore, history: HistoryFile) -> None:
        if not failed:
            failed.append(len(history.rows))
            raise ConnectionError("the server has gone away")
        real(self, history)

    monkeypatch.setattr(MlflowStore, "epochs", epochs)
    monkeypatch.setattr("dlrun.training.track._FLUSH_SECONDS", 0.0)
    assert run(["train", str(folder / "house.yaml"), "name=shaky", "--runs-dir", str(runs)]) == 0
    assert "and its folder has everything: the server has gone away" in capsys.readouterr().out
    assert failed == [1]
    made, told = RunDir(runs / "shaky-001"), Told(runs)
    assert told.points(made, "loss") == _history(made)["loss"]
    assert told.run(made).info.status == "FINISHED"


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_seeds_in_processes_of_their_own_share_a_store_that_none_has_made(folder: Path, tmp_path: Path) -> None:
    command = ["train", str(folder / "house.yaml"), "--seeds", "3", "--runs-dir", str(tmp_path), "--quiet"]
    assert run(command) == 0
    told = Told(tmp_path)
    for seed in range(3):
        made = RunDir(tmp_path / f"house-00{seed + 1}")
        assert told.points(made, "val_loss") == _history(made)["val_loss"]


class Broken:
    """A store that is never there."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def begin(self) -> None:
        self.asked.append("begin")
        raise RuntimeError("no store")

    def epochs(self, history: HistoryFile) -> None:
        self.asked.append("epochs")

    def end(self, state: str) -> None:
        self.asked.append("end")


@pytest.mark.parametrize(("state", "asked"), [("finished", ["begin", "begin"]), ("interrupted", ["begin"])])
def test_a_store_that_is_not_there_is_asked_again_in_the_end(tmp_path: Path, state: str, asked: list[str]) -> None:
    notes: list[str] = []
    progress = Progress()
    progress.note = notes.append  # type: ignore[method-assign]
    store = Broken()
    tracker = Tracker(store, progress)
    tracker.after_epoch(HistoryFile(tmp_path / "history.csv"))
    tracker.end(state)
    assert store.asked == asked
    assert notes == ["MLflow could not be told; the run goes on, and its folder has everything: no store"] * len(asked)


def _config(folder: Path, track: str = "track: mlflow") -> Path:
    file = folder / "other.yaml"
    text = "\n".join(line for line in CONFIG.splitlines() if not line.startswith("track"))
    file.write_text(f"{text}\n{track}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:5000", "https://example.org", "databricks", "postgresql://a/b", "sqlite:////tmp/elsewhere.db",
     "sqlite:///../elsewhere.db", "sqlite:///~/a.db", "sqlite:///a.db?mode=ro", "file:///tmp/mlruns", "sqlite:///"],
)  # fmt: skip
def test_a_config_alone_sends_nothing_anywhere(folder: Path, capsys: pytest.CaptureFixture[str], uri: str) -> None:
    file = _config(folder, track=f"track: {{mlflow: {{tracking_uri: '{uri}'}}}}")
    runs = ["--runs-dir", str(folder / "none")]
    assert run(["check", str(file)]) == 4
    assert run(["train", str(file), *runs]) == 4
    assert run(["train", str(file), "--seeds", "2", *runs]) == 4
    assert "a config alone may not send a run there. Run with --trust;" in capsys.readouterr().err
    assert not (folder / "none").exists()
    assert run(["check", str(file), "--trust"]) == 0
    assert run(["check", str(folder / "house.yaml"), f"track.mlflow.tracking_uri={json.dumps(uri)}"]) == 0


def test_where_a_run_is_kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = load_config(_config(folder))
    assert tracking_uri(own, tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    inside = load_config(_config(folder), ["track={mlflow: {tracking_uri: 'sqlite:///all/ours.db'}}"])
    assert tracking_uri(inside, tmp_path) == f"sqlite:///{tmp_path}/all/ours.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    check_tracking(own)
    assert tracking_uri(own, tmp_path) == "http://127.0.0.1:5000"
    assert tracking_uri(inside, tmp_path) == f"sqlite:///{tmp_path}/all/ours.db"


def test_mlflow_that_is_not_installed_is_told_by_check(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mlflow" else real(name))
    assert run(["check", str(_config(folder))]) == 2
    assert "track.mlflow: MLflow is not installed. Install it: pip install 'dlrun[mlflow]'." in capsys.readouterr().err


def test_an_unknown_tracker_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(_config(folder, track="track: mlfow"))]) == 2
    assert "track: unknown tracker 'mlfow'. Did you mean 'mlflow'?" in capsys.readouterr().err
