"""`--more-epochs`: a finished run goes on, and is lost at no moment of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlrun
from dlrun.errors import RunError
from dlrun.run_dir import RunDir
from dlrun.training import resume as resume_module
from dlrun.training.progress import Progress
from dlrun.training.resume import resume, resume_or_train

pytestmark = pytest.mark.usefixtures("without_plots")

STOPS = "callbacks=[{EarlyStopping: {monitor: loss, patience: 1, min_delta: 9, restore_best_weights: true}}]"


class Killed(BaseException):
    """Stands for a kill: nothing of dlrun catches it."""


class Killer(Progress):
    """Kills after the third epoch."""

    def epoch_end(self, epoch: int, logs: object, seconds: float) -> None:
        if epoch == 2:
            raise Killed


@pytest.mark.parametrize("calls", range(1, 9))
def test_killed_while_it_begins(project: Path, monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    """At every write between a finished run and the first new epoch: `dlrun resume` comes to the same bits."""
    short, long = (dlrun.load_config(project / "fruit.yaml", [f"fit.epochs={n}"]) for n in (2, 4))
    whole = dlrun.train(long, runs_dir=project / "whole")
    run = dlrun.train(short, runs_dir=project / "runs").dir
    left, put = [calls], RunDir._put

    def kill(self: RunDir, *words: object) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return put(self, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(RunDir, "_put", kill)
    with pytest.raises(Killed):
        resume(run.path, more_epochs=2)
    monkeypatch.setattr(RunDir, "_put", put)
    if run.state == "finished":  # it has not begun, and is whole
        dlrun.load_run(run.path)
        resume(run.path, more_epochs=2)
    else:
        resume(run.path)
    assert run.arrays.read_bytes() == whole.dir.arrays.read_bytes()
    assert run.history.read_bytes() == whole.dir.history.read_bytes()
    assert run.record["resumed"][-1].get("accepted_changes") is None


def test_a_run_that_a_callback_ended_has_no_more(project: Path) -> None:
    """Asked for at once, they would have changed nothing."""
    config = dlrun.load_config(project / "fruit.yaml", [STOPS, "fit.epochs=5"])
    run = dlrun.train(config, runs_dir=project / "runs").dir
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file() and path != run.run}
    with pytest.raises(RunError, match=r"a callback ended the training of fruit-001 after epoch 2.*more patience"):
        resume(run.path, more_epochs=3)
    assert run.state == "finished"
    assert {path: path.read_bytes() for path in before} == before


def test_more_epochs_twice(project: Path) -> None:
    short, long = (dlrun.load_config(project / "fruit.yaml", [f"fit.epochs={n}"]) for n in (1, 4))
    whole = dlrun.train(long, runs_dir=project / "whole")
    run = dlrun.train(short, runs_dir=project / "runs").dir
    resume(run.path, more_epochs=1)
    resume(run.path, more_epochs=2)
    assert run.arrays.read_bytes() == whole.dir.arrays.read_bytes()


def test_other_epochs_in_the_folder_are_told(project: Path) -> None:
    run = dlrun.train(dlrun.load_config(project / "fruit.yaml", ["fit.epochs=2"]), runs_dir=project / "runs").dir
    text = run.resolved.read_text(encoding="utf-8")
    run.resolved.write_text(text.replace("epochs: 2", "epochs: 3"), encoding="utf-8")
    with pytest.raises(RunError, match=r"fit\.epochs was 4 and is 5"):
        resume(run.path, more_epochs=2)
    assert resume_module._epochs_asked_for(run) is None


def test_the_same_command_again_after_a_kill(project: Path) -> None:
    """A job that is started again asks for as many epochs as before, not for more."""
    short, long = (dlrun.load_config(project / "fruit.yaml", [f"fit.epochs={n}"]) for n in (2, 5))
    whole = dlrun.train(long, runs_dir=project / "whole")
    run = dlrun.train(short, runs_dir=project / "runs").dir
    with pytest.raises(Killed):
        resume_or_train(short, runs_dir=project / "runs", more_epochs=3, progress=Killer())
    assert run.state != "finished"
    resume_or_train(short, runs_dir=project / "runs", more_epochs=3)
    assert run.arrays.read_bytes() == whole.dir.arrays.read_bytes()
    assert run.history.read_bytes() == whole.dir.history.read_bytes()
