"""The evidence that is gathered from a run's folder, its data and its network."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from dlrun.config import load_config
from dlrun.errors import DivergedError, RunError
from dlrun.training.diagnose import diagnose, gather, open_run, quick_diagnosis
from dlrun.training.next_config import write_next
from dlrun.training.train import train
from dlrun.training.try_next import try_next

pytestmark = pytest.mark.usefixtures("without_plots")

ROOT = Path(__file__).parents[2]
COLD = (
    "layers=[{Dense: {units: 6, activation: relu, bias_initializer: {Constant: -9}}}, "
    "{Dense: {units: 3, activation: softmax}}]"
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs on a copy of the iris data: `cold-001`, whose units are dead, and `twice-001`, which has every row twice."""
    folder = tmp_path_factory.mktemp("diagnose")
    shutil.copy(ROOT / "configs/data/iris.csv", folder / "iris.csv")
    source, iris = folder / "iris.csv", ROOT / "configs/iris_8_3.yaml"
    train(load_config(iris, [f"data.source={source}", COLD, "fit.epochs=6", "name=cold"]), runs_dir=folder / "runs")
    twice = [f"data.source=[{source}, {source}]", "fit.epochs=6", "name=twice"]
    train(load_config(iris, twice), runs_dir=folder / "runs")
    return folder / "runs"


def test_dead_units_are_counted_on_training_rows(runs: Path) -> None:
    run = open_run("cold", runs_dir=runs)
    evidence, not_judged = gather(run)
    assert not_judged == [] and evidence.units is not None
    (units,) = evidence.units
    kernel, bias = (np.asarray(w) for w in run.model.layers[1].get_weights())
    largest = np.maximum(kernel, 0).sum(axis=0) + bias  # scaled inputs lie in 0..1, so no row can give more
    assert (largest < 0).all() and (units.units, units.dead) == (6, 6)
    found = diagnose(run).main
    assert found is not None and found.name == "dead_units"
    assert found.change == {"layers.0.Dense.bias_initializer": None}


def test_rows_that_stand_twice_are_counted(runs: Path) -> None:
    evidence, _ = gather(open_run("twice", runs_dir=runs))
    assert evidence.rows is not None and evidence.rows.rows["test"] == 90
    assert evidence.rows.repeated["test"] > 40
    found = diagnose(open_run("twice", runs_dir=runs)).main
    assert found is not None and found.name == "leak"


def test_classes_are_counted_in_all_parts(runs: Path) -> None:
    evidence, _ = gather(open_run("cold", runs_dir=runs))
    assert [count.true for count in evidence.counts] == [50, 50, 50]
    assert sum(count.predicted for count in evidence.counts) == 150


def test_the_quick_look_reads_the_runs_files_alone(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "twice-001", tmp_path / "twice-001")
    found = quick_diagnosis(open_run(tmp_path / "twice-001")).main
    assert found is not None and found.name == "stopped_early"


def test_data_that_changed_are_not_looked_at(runs: Path, tmp_path: Path) -> None:
    data = runs.parent / "iris.csv"
    before = data.read_bytes()
    try:
        data.write_bytes(before + b'6.1,3.0,4.9,1.8,"virginica"\n')
        evidence, not_judged = gather(open_run("cold", runs_dir=runs))
        assert evidence.rows is None and "iris.csv changed" in not_judged[0]
        data.unlink()
        evidence, not_judged = gather(open_run("cold", runs_dir=runs))
        assert evidence.units is None and "cannot be read" in not_judged[0]
    finally:
        data.write_bytes(before)


def test_a_run_that_diverged_is_diagnosed_and_mended(runs: Path, tmp_path: Path) -> None:
    changes = [
        "compile.optimizer={SGD: {learning_rate: 1e6}}",
        "preprocessing.numeric=none",
        "fit.epochs=3",
        "name=wild",
    ]
    with pytest.raises(DivergedError):
        train(load_config(ROOT / "configs/boston_8_1.yaml", changes), runs_dir=tmp_path)
    run = open_run("wild", runs_dir=tmp_path)
    found = diagnose(run)
    assert found.main is not None and found.main.name == "diverged" and "Loss became" in found.main.reason
    assert found.main.change == {"preprocessing.numeric": "standard"}
    assert any("kept no weights" in sentence for sentence in found.not_judged)


def test_the_next_config_says_what_changes_and_is_tried_on_the_same_rows(runs: Path, tmp_path: Path) -> None:
    run = open_run("cold", runs_dir=runs)
    verdict = diagnose(run).verdicts[0]
    following = write_next(run, verdict, tmp_path / "next.yaml")
    text = following.file.read_text("utf-8")
    assert f"# dlrun train {following.file}" in text and "dead_units" in text
    assert "bias_initializer" not in text.split("\n\n", 1)[1]
    assert following.config.name == "cold-next" and following.config.layers[0].args == {
        "units": 6,
        "activation": "relu",
    }
    assert following.config.data == run.config.data and following.config.fit == run.config.fit
    trial = try_next(run, following, runs_dir=tmp_path / "runs")
    assert trial.part == "test" and trial.mended
    accuracy, loss = trial.differences
    assert accuracy.metric == "accuracy" and accuracy.before == run.metrics["test"]["accuracy"]
    assert loss.metric == "log_loss" and loss.after == pytest.approx(
        open_run(trial.after.path).metrics["test"]["log_loss"], rel=1e-4
    )


def test_a_run_that_has_not_begun_is_told(tmp_path: Path) -> None:
    from dlrun.run_dir import RunDir

    RunDir.create(tmp_path, "early")
    with pytest.raises(RunError, match="cut off before its config was written"):
        open_run("early", runs_dir=tmp_path)
