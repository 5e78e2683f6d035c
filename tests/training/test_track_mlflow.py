"""`track: mlflow` where things are not as they should be: passwords, foreign stores, runs cut off at the end."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlrun.cli import run
from dlrun.config import load_config
from dlrun.run_dir import RunDir
from dlrun.training.progress import Progress
from dlrun.training.track import Tracker
from dlrun.training.train import train
from tests.training.test_track import CONFIG, Told

PASSWORD = "hunter2"
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's and SQLAlchemy's own
        yield


@pytest.fixture
def house(tmp_path: Path) -> Path:
    rows = [f"{i % 17},{(i * 7) % 5},{(i % 17) * 2 + (i * 7) % 5}" for i in range(60)]
    (tmp_path / "data.csv").write_text("\n".join(["width,rooms,y", *rows]), encoding="utf-8")
    file = tmp_path / "house.yaml"
    file.write_text(CONFIG.replace("epochs: 4", "epochs: 2"), encoding="utf-8")
    return file


def _train(file: Path, *more: str) -> int:
    return run(["train", str(file), "--runs-dir", str(file.parent / "runs"), *more])


def _holders(folder: Path) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and PASSWORD.encode() in file.read_bytes()]


def test_a_password_reaches_neither_disk_nor_mlflow_nor_the_terminal(
    house: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    runs, url = house.parent / "runs", f"http://ann:{PASSWORD}@127.0.0.1:9/x"
    text = house.read_text().replace("team: one", f"team: '{url}'").replace("prices", f"'{url}'")
    house.write_text(text, encoding="utf-8")
    assert _train(house, f"track.mlflow.run_name={url}") == 0
    found = Told(runs).run(RunDir(runs / "house-001"))
    assert found.data.tags["team"] == "http://127.0.0.1:9/x"
    assert {path.name for path in (runs / "mlartifacts").rglob("*.yaml")} == {"config.yaml", "resolved.yaml"}
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)  # nobody listens there
    assert _train(house) == 0
    told = "".join(capfd.readouterr())
    assert "MLflow could not be told" in told
    assert RunDir(runs / "house-002").record["mlflow"]["error"]
    assert PASSWORD not in told
    assert _holders(runs) == []


@pytest.mark.parametrize(
    "uri",
    [f"http://ann:{PASSWORD}@127.0.0.1:5000", f"https://{PASSWORD}@example.org", f"postgresql://a:p/{PASSWORD}@b/c",
     f"http://ann:p@{PASSWORD}@h/", f"postgresql://b/c?user=ann&password={PASSWORD}", f"postgresql://b/c?SSLpassword={PASSWORD}"],
)  # fmt: skip
def test_a_password_in_a_config_is_refused(house: Path, capsys: pytest.CaptureFixture[str], uri: str) -> None:
    house.write_text(CONFIG.replace("experiment_name: prices", f"tracking_uri: '{uri}'"), encoding="utf-8")
    assert run(["check", str(house), "--trust"]) == 2
    assert _train(house, "--trust") == 2
    told = "".join(capsys.readouterr())
    assert "track.mlflow.tracking_uri: a user or password does not belong into a config" in told
    assert "Use MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD" in told
    assert PASSWORD not in told
    assert not (house.parent / "runs").exists()


class Broken:
    """A store whose errors tell too much."""

    def __init__(self, text: str) -> None:
        self.text = text

    def begin(self) -> None:
        raise RuntimeError(self.text)

    def epochs(self, history: Any) -> None:
        raise AssertionError

    def end(self, state: str) -> None:
        raise AssertionError


@pytest.mark.parametrize(
    "text", ["x" * 140 + f" http://ann:{PASSWORD}@{'h' * 60}/", f"no entry for {PASSWORD}", f"pass%20{PASSWORD}"]
)
def test_a_failure_is_told_without_the_password(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Also where the text is cut before the @ that a password ends with, and where it stands there by itself."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://ann:{PASSWORD}@h/")
    notes: list[str] = []
    progress = Progress()
    progress.note = notes.append  # type: ignore[method-assign]
    tracker = Tracker(Broken(text), progress)
    assert tracker.failure
    assert PASSWORD not in notes[0] + tracker.failure


def _experiment(uri: str, files: Path) -> None:
    from mlflow.tracking import MlflowClient

    MlflowClient(tracking_uri=uri).create_experiment("prices", artifact_location=files.as_uri())


def test_the_users_own_database_keeps_files_where_it_does(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri, files = f"sqlite:///{house.parent / 'own.db'}", house.parent / "own files"
    _experiment(uri, files)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert _train(house, "--quiet") == 0
    from mlflow.tracking import MlflowClient

    record = RunDir(house.parent / "runs" / "house-001").record["mlflow"]
    found = MlflowClient(tracking_uri=uri).get_run(record["run_id"])
    assert (found.info.status, "error" in record) == ("FINISHED", False)
    assert len(list(files.rglob("metrics.json"))) == 1


def test_a_failure_is_told_although_the_run_is_quiet_and_run_json_keeps_it(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A database in the runs' folder that would send files out of it; the run has ended in MLflow all the same."""
    runs = house.parent / "runs"
    runs.mkdir()
    _experiment(f"sqlite:///{runs / 'mlflow.db'}", house.parent / "outside")
    why = "its experiment keeps files outside the runs' folder"
    line = f"warning: MLflow could not be told; the run goes on, and its folder has everything: {why}\n"
    for number, options in enumerate((["--quiet"], ["--json"], ["--quiet", "--seeds", "2"]), start=1):
        assert _train(house, *options) == 0
        made = RunDir(runs / f"house-00{number}")
        out, err = capsys.readouterr()
        assert err == line
        assert out.startswith(str(made.path)) if "--quiet" in options else json.loads(out)["run"] == str(made.path)
        assert Told(runs).run(made).info.status == "FINISHED"
        assert made.record["mlflow"]["error"] == why
    assert not (house.parent / "outside").exists()


@pytest.mark.parametrize("what", ["database", "folder", "pipe", "files", "parent"])
def test_a_strangers_folder_of_runs_leads_mlflow_nowhere_else(
    house: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    runs, outside = house.parent / "runs", house.parent / "outside"
    runs.mkdir()
    outside.mkdir()
    if what == "pipe":
        os.mkfifo(runs / "mlflow.db")
    elif what == "parent":
        _experiment(f"sqlite:///{runs / 'mlflow.db'}", runs / ".." / "outside")
    else:
        name, target = {
            "database": ("mlflow.db", outside / "x.db"), "folder": ("sub", outside), "files": ("mlartifacts", outside),
        }[what]  # fmt: skip
        (runs / name).symlink_to(target)
    assert _train(house, *(["track.mlflow.tracking_uri=sqlite:///sub/mlflow.db"] if what == "folder" else [])) == 0
    said = {"pipe": "it is no ordinary file", "files": "outside the runs' folder", "parent": "outside the runs' folder"}
    assert said.get(what, "it is a link") in "".join(capsys.readouterr())
    assert not list(outside.iterdir())


def test_a_run_that_is_resumed_after_its_last_epoch_has_its_scores_there(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = house.parent / "runs"

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dlrun.training.train.finalize", stop)
        patch.setattr("dlrun.training.track_mlflow.MlflowStore.epochs", lambda *_: None)  # killed before they are told
        with pytest.raises(KeyboardInterrupt):
            train(load_config(house), runs_dir=runs)
    made, told = RunDir(runs / "house-001"), Told(runs)
    assert told.points(made, "loss") == []
    assert run(["resume", "house-001", "--runs-dir", str(runs), "--quiet"]) == 0
    assert [step for step, _ in told.points(made, "loss")] == [1, 2]
    assert [step for step, _ in told.points(made, "test.rmse")] == [2]
