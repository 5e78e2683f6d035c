"""Several runs that were stopped together go on together."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

import dlrun
from dlrun import cli
from dlrun.config import Config
from dlrun.errors import RunError
from dlrun.files import sha256_of
from dlrun.training.folds import with_folds
from dlrun.training.progress import Progress
from dlrun.training.resume import resume_or_train
from dlrun.training.resume_several import begun_runs, take_up
from dlrun.training.seeds import with_seeds
from dlrun.training.several import Outcome, SeveralProgress, Stopped, train_several

pytestmark = pytest.mark.usefixtures("without_plots")


class Stopper(SeveralProgress):
    """Ctrl-C after the first epoch of the second run."""

    def run(self, number: int) -> Progress:
        return Stop() if number == 1 else Progress()


class Stop(Progress):
    """Ctrl-C after an epoch."""

    def epoch_end(self, epoch, logs, seconds) -> None:
        signal.raise_signal(signal.SIGINT)


def stopped(configs: list[Config], runs: Path) -> list[Outcome]:
    with pytest.raises(Stopped) as caught:
        train_several(configs, runs_dir=runs, progress=Stopper())
    outcomes = list(caught.value.outcomes)
    assert [outcome.state for outcome in outcomes] == ["finished", "interrupted", "not started"]
    return outcomes


def folders(outcomes: list[Outcome]) -> list[str]:
    return [outcome.run.name if outcome.run is not None else "" for outcome in outcomes]


def hashes(outcomes: list[Outcome]) -> list[list[str]]:
    runs = [outcome.run for outcome in outcomes if outcome.run is not None]
    return [[sha256_of(file) for file in (run.arrays, run.history, run.predictions)] for run in runs]


@pytest.mark.parametrize("kind", ["seeds", "folds"])
def test_they_come_to_what_they_would_have_been(project: Path, kind: str) -> None:
    file = project / "fruit.yaml"
    configs = with_seeds(file, 3) if kind == "seeds" else with_folds(file, 3)
    first = stopped(configs, project / "runs")
    before = sha256_of(first[0].run.run) if first[0].run else ""
    outcomes = train_several(configs, runs_dir=project / "runs", resume=True)
    assert [outcome.state for outcome in outcomes] == ["finished"] * 3
    assert folders(outcomes)[:2] == folders(first)[:2] and len(list((project / "runs").iterdir())) == 3
    assert outcomes[0].run is not None and sha256_of(outcomes[0].run.run) == before, "a finished one stays"
    undisturbed = train_several(configs, runs_dir=project / "undisturbed")
    assert hashes(outcomes) == hashes(undisturbed)
    assert [outcome.metrics["rows"] for outcome in outcomes] == [outcome.metrics["rows"] for outcome in undisturbed]


def test_another_config_is_begun_anew_and_no_run_counts_twice(project: Path) -> None:
    file = project / "fruit.yaml"
    configs = with_seeds(file, 2)
    first = train_several(configs, runs_dir=project / "runs")
    wider = with_seeds(file, 2, ["layers.0.Dense.units=9"])
    found = begun_runs([*wider, configs[1], configs[1], configs[0]], project / "runs")
    assert [run.name if run else None for run in found] == [None, None, *folders(first)[::-1][:1], None, "fruit-001"]
    again = train_several(configs, runs_dir=project / "runs")
    newest = begun_runs(configs, project / "runs")
    assert [run.name for run in newest if run] == folders(again), "of two that were begun alike the newest counts"


def test_a_finished_run_of_other_data_does_not_count(project: Path) -> None:
    configs = with_seeds(project / "fruit.yaml", 2)
    first = train_several(configs, runs_dir=project / "runs")
    table = project / "fruit.csv"
    table.write_text(table.read_text("utf-8") + table.read_text("utf-8").splitlines()[-1] + "\n", "utf-8")
    assert first[0].run is not None
    with pytest.raises(RunError, match=r"fruit-001 is finished, but would be another run now: fruit.csv is not the"):
        take_up(first[0].run, configs[0])
    outcomes = train_several(configs, runs_dir=project / "runs", resume=True)
    assert [outcome.exit_code for outcome in outcomes] == [4, 4]


def test_the_command(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, runs = project / "fruit.yaml", project / "runs"
    stopped(with_seeds(file, 3), runs)
    assert cli.run(["train", str(file), "--seeds", "3", "--resume", "--runs-dir", str(runs)]) == 0
    assert "3 seeds" in capsys.readouterr().out
    stopped(with_folds(file, 3), runs)
    assert cli.run(["cv", str(file), "--folds", "3", "--resume", "--runs-dir", str(runs)]) == 0
    assert "3 folds" in capsys.readouterr().out
    assert sorted(run.name for run in runs.iterdir()) == [
        f"fruit{kind}-00{number}" for kind in ("", "-cv") for number in (1, 2, 3)
    ]
    assert {dlrun.load_run(run).dir.state for run in runs.iterdir()} == {"finished"}
    assert cli.run(["train", str(file), "--seeds", "3", "--more-epochs", "3", "--runs-dir", str(runs)]) == 2
    assert "--more-epochs goes on with one run" in capsys.readouterr().err


def test_the_time_limit_counts_as_it_is_given_now(project: Path) -> None:
    file, runs = project / "fruit.yaml", project / "runs"
    hurried = with_seeds(file, 2, ["fit.time_limit={minutes: 1e-9}"])
    assert [outcome.state for outcome in train_several(hurried, runs_dir=runs)] == ["interrupted"] * 2
    patient = with_seeds(file, 2, ["fit.time_limit={hours: 1}"])
    first = resume_or_train(patient[1], runs_dir=runs)
    assert (first.dir.name, first.dir.state) == ("fruit-002", "finished")
    limit = first.config.required()[2].time_limit
    assert limit is not None and limit.seconds == 3600
    outcomes = train_several(with_seeds(file, 2), runs_dir=runs, resume=True)
    assert folders(outcomes) == ["fruit-001", "fruit-002"]
    assert outcomes[0].run is not None and dlrun.load_run(outcomes[0].run.path).config.required()[2].time_limit is None
    assert hashes(outcomes) == hashes(train_several(with_seeds(file, 2), runs_dir=project / "undisturbed"))


def test_a_run_of_other_files_is_another_and_moved_files_are_the_same(project: Path) -> None:
    file, runs, table = project / "fruit.yaml", project / "runs", project / "fruit.csv"
    other = project / "other" / "fruit.csv"
    other.parent.mkdir()
    other.write_text("".join(table.read_text("utf-8").splitlines(keepends=True)[:-9]), "utf-8")
    hurried = "fit.time_limit={minutes: 1e-9}"
    own = with_seeds(file, 2)
    theirs = with_seeds(file, 2, [f"data.source={other}"])
    train_several([own[0], theirs[0]], runs_dir=runs, jobs=1)
    train_several(with_seeds(file, 2, [f"data.source={other}", hurried])[1:], runs_dir=runs)
    found = begun_runs([*own, *theirs], runs)
    assert [run.name if run else None for run in found] == ["fruit-001", None, "fruit-002", "fruit-003"]
    with pytest.raises(RunError, match=r"fruit-003 was begun as another experiment: fruit.csv is not the file it was"):
        resume_or_train(own[1], runs_dir=runs)
    moved = other.rename(project / "moved.csv").rename(project / "runs" / "fruit.csv")
    again = with_seeds(file, 2, [f"data.source={moved}"])
    outcomes = train_several(again, runs_dir=runs, resume=True)
    assert folders(outcomes) == ["fruit-002", "fruit-003"]
    assert [outcome.state for outcome in outcomes] == ["finished"] * 2
