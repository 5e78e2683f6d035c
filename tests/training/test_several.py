from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dlrun.config import Config, load_config
from dlrun.errors import ConfigError
from dlrun.files import sha256_of
from dlrun.training import several
from dlrun.training.folds import with_folds
from dlrun.training.progress import Progress
from dlrun.training.several import Outcome, SeveralProgress, Stopped, train_several
from dlrun.training.train import train

pytestmark = pytest.mark.usefixtures("without_plots")

DIVERGES = "compile.optimizer={SGD: {learning_rate: 1e30}}"


class Listener(SeveralProgress):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.at_once = 0
        self.lanes: dict[int, Lane] = {}
        self.ends: list[int] = []

    def begin(self, configs: Sequence[Config], at_once: int) -> None:
        self.at_once = at_once

    def run(self, number: int) -> Progress:
        return self.lanes.setdefault(number, Lane())

    def end(self, number: int, outcome: Outcome) -> None:
        self.ends.append(number)


class Lane(Progress):
    """Keeps the epochs."""

    def __init__(self) -> None:
        self.epochs: list[int] = []

    def epoch_end(self, epoch, logs, seconds) -> None:
        self.epochs.append(epoch)


def test_one_that_fails_does_not_stop_the_others(project: Path) -> None:
    file = project / "fruit.yaml"
    listener = Listener()
    configs = [load_config(file), load_config(file, [DIVERGES, "name=wild"]), load_config(file, ["seed=4"])]
    first, wild, last = train_several(configs, runs_dir=project / "runs", progress=listener)
    assert [first.state, wild.state, last.state] == ["finished", "failed", "finished"]
    assert [first.exit_code, wild.exit_code, last.exit_code] == [0, 5, 0]
    assert wild.run is None or wild.run.state == "diverged"
    assert "loss" in wild.problems[0]
    assert wild.metrics == {}
    assert first.run is not None and first.metrics == json.loads(first.run.metrics.read_text("utf-8"))
    assert listener.at_once == 1, "TensorFlow was used in this process, so it must not be forked"
    assert listener.lanes[2].epochs == [0, 1, 2]
    assert listener.ends == [0, 1, 2]
    alone = train(load_config(file, ["seed=4"]), runs_dir=project / "alone")
    assert last.run is not None
    assert sha256_of(alone.dir.arrays) == sha256_of(last.run.arrays)


def test_what_fails_three_times_alike_is_not_tried_further(project: Path) -> None:
    file = project / "fruit.yaml"
    lacking = [load_config(file, ["data.source=nothing.csv", f"seed={seed}"]) for seed in range(6)]
    outcomes = train_several([*lacking, load_config(file, ["name=other"])], runs_dir=project / "runs")
    assert [outcome.state for outcome in outcomes] == ["failed"] * 3 + ["not started"] * 3 + ["finished"]
    assert "nothing.csv" in outcomes[0].problems[0] and {outcome.exit_code for outcome in outcomes} == {0, 3}


def test_folds_are_repetitions_and_other_values_are_not(project: Path) -> None:
    file = project / "fruit.yaml"
    folds = with_folds(file, 3, ["data.source=nothing.csv"], repeats=2)
    lacking = [load_config(file, ["data.source=nothing.csv", f"fit.batch_size={size}"]) for size in (4, 5, 6)]
    outcomes = train_several([*folds, *lacking, load_config(file)], runs_dir=project / "runs")
    states = [outcome.state for outcome in outcomes]
    assert states == ["failed"] * 3 + ["not started"] * 3 + ["failed"] * 3 + ["finished"]


def test_one_file_that_is_wrong_and_nothing_is_started(project: Path) -> None:
    (project / "bad.yaml").write_text("layers: [{Dens: 1}]\n")
    (project / "worse.yaml").write_text("leyers: []\n")
    files = [project / "fruit.yaml", project / "bad.yaml", project / "worse.yaml"]
    with pytest.raises(ConfigError) as caught:
        train_several(files, runs_dir=project / "runs")
    told = str(caught.value)
    assert "bad.yaml:1:11" in told and "worse.yaml:1:1" in told
    assert not (project / "runs").exists()


def test_a_stop_keeps_what_is_done(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Impatient(Listener):
        def end(self, number: int, outcome: Outcome) -> None:
            super().end(number, outcome)
            monkeypatch.setattr("dlrun.training.train.prepare", interrupt)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    files = [project / "fruit.yaml"] * 3
    with pytest.raises(Stopped) as caught:
        train_several(files, runs_dir=project / "runs", progress=Impatient())
    assert [outcome.state for outcome in caught.value.outcomes] == ["finished", "interrupted", "not started"]
    assert [outcome.exit_code for outcome in caught.value.outcomes] == [0, 130, 0]


@pytest.mark.parametrize(
    ("code", "state", "own"), [(143, "interrupted", 143), (1, "failed", 1), (0, "failed", 1), (-9, "failed", 137)]
)
def test_a_run_whose_process_could_not_tell(code: int, state: str, own: int) -> None:
    told = several._died(code)
    assert (told["state"], told["exit_code"]) == (state, own)
    assert bool(told["problems"]) == (state == "failed")


@pytest.mark.parametrize(("error", "code"), [(MemoryError("7 GiB"), 3), (OSError(28, "No space left"), 74)])
def test_what_the_machine_lacks_is_told_of_each_run(
    error: Exception, code: int, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("dlrun.training.train.prepare", fail)
    (outcome,) = train_several([project / "fruit.yaml"], runs_dir=project / "runs")
    assert (outcome.state, outcome.exit_code, len(outcome.problems)) == ("failed", code, 1)
    assert str(error.args[-1]) in outcome.problems[0]


def test_nothing_to_do() -> None:
    assert train_several([]) == []


def test_what_is_imported_before_the_fork_exists() -> None:
    assert [name for name in several._IMPORTS if importlib.util.find_spec(name) is None] == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="runs are not forked here")
@pytest.mark.parametrize("jobs", [1, 2])
def test_forked_runs_are_those_of_single_commands(project: Path, jobs: int) -> None:
    code = (
        "import sys; from dlrun.training.several import train_several; from dlrun.training.seeds import with_seeds\n"
        "configs = [*with_seeds('fruit.yaml', 3), *with_seeds('fruit.yaml', 1, ['layers.0.Dense.units=7'])]\n"
        f"for one in train_several(configs, jobs={jobs}):\n"
        "    print(one.config.seed, one.state, one.run.path)\n"
        "assert not sys.modules['dlrun.training.runtime']._configured\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told = [line.split() for line in done.stdout.splitlines()]
    assert [line[:2] for line in told] == [[seed, "finished"] for seed in ("3", "4", "5", "3")]
    for units, (seed, _, path) in zip((6, 6, 6, 7), told, strict=True):
        changes = [f"seed={seed}", f"layers.0.Dense.units={units}"]
        single = train(load_config(project / "fruit.yaml", changes), runs_dir=project / "alone")
        run = project / path
        assert sha256_of(run / "checkpoints/final.npz") == sha256_of(single.dir.arrays)
        assert (run / "predictions.csv").read_bytes() == single.dir.predictions.read_bytes()
        assert (run / "history.csv").read_bytes() == single.dir.history.read_bytes()
