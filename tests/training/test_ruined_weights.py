"""A last step that ruins the weights: the loss of its epoch, which is of the weights before it, does not show it."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlrun
from dlrun.errors import DivergedError
from dlrun.run_dir import RunDir
from dlrun.training.evaluate import evaluate

pytestmark = pytest.mark.usefixtures("without_plots")

CONFIG = """\
name: ruined
data: {source: fruit.csv, target: sugar, features: [무게], split: {test: 0.25}, prepare: [{drop_missing: true}]}
preprocessing: {numeric: standard}
layers: [{Dense: 6}, {Dense: 1}]
compile:
  optimizer: {SGD: {learning_rate: {PiecewiseConstantDecay: {boundaries: [0], values: [0.01, RATE]}}}}
  loss: mse
fit: {epochs: EPOCHS, batch_size: 100}
"""


@pytest.mark.parametrize(
    ("rate", "what"), [("1e25", "the loss after the last batch became infinite"), ("3e38", "the weights became ")]
)
def test_a_run_does_not_end_well_with_it(project: Path, rate: str, what: str) -> None:
    (project / "bad.yaml").write_text(CONFIG.replace("RATE", rate).replace("EPOCHS", "2"), encoding="utf-8")
    with pytest.raises(DivergedError, match=rf"{what}[\s\S]*in epoch 2\.[\s\S]*after epoch 1, the last good ones"):
        dlrun.train(project / "bad.yaml", runs_dir=project / "runs")
    run = RunDir.find(None, project / "runs")
    assert (run.state, run.record["weights_after_epoch"]) == ("diverged", 1)
    assert evaluate(dlrun.load_run(run.path)).scores["train"]["loss"] < 1000


@pytest.mark.parametrize("rate", ["1e25", "3e38"])
def test_its_weights_are_never_the_last_good_ones(project: Path, rate: str) -> None:
    text = CONFIG.replace("RATE", rate).replace("EPOCHS", "3")
    (project / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DivergedError, match="after epoch 1, the last good ones"):
        dlrun.train(project / "bad.yaml", runs_dir=project / "runs")
    run = RunDir.find(None, project / "runs")
    assert evaluate(dlrun.load_run(run.path)).scores["train"]["loss"] < 1000


def test_without_a_good_epoch_no_weights_are_kept(project: Path) -> None:
    text = CONFIG.replace("[0.01, RATE]", "[1e25, 1e25]").replace("EPOCHS", "1")
    (project / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DivergedError, match=r"in epoch 1\. "):
        dlrun.train(project / "bad.yaml", runs_dir=project / "runs")
    run = RunDir.find(None, project / "runs")
    assert not run.has(run.arrays) and not run.has(run.metrics)
