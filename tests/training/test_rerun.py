from __future__ import annotations

from pathlib import Path

import keras
import pytest

import dlrun
from dlrun.errors import RunError
from dlrun.training.rerun import rerun
from dlrun.training.runtime import threads_in_use


def test_the_same_bits_or_what_has_changed(project: Path) -> None:
    run = dlrun.train(dlrun.load_config(project / "fruit.yaml", ["fit.epochs=1"]), runs_dir=project / "runs")
    same = rerun(run.dir.path, runs_dir=project / "runs")
    assert (same.differing, same.changes, same.same_weights) == ((), (), True)
    assert same.verdict == ["The same bits: weights, history, predictions and scores are those of fruit-001."]
    table = (project / "fruit.csv").read_text(encoding="utf-8")
    (project / "fruit.csv").write_text(table.replace("red", "blue"), encoding="utf-8")
    begun = run.dir.read_json(run.dir.experiment)
    begun["environment"]["packages"]["keras"] = "3.0.0"
    begun["environment"]["threads"]["intra_op"] = 7
    run.dir.write_json(run.dir.experiment, begun)
    run.dir.seal(run.dir.experiment)
    other = rerun(run.dir.path, runs_dir=project / "runs")
    assert other.changes == (
        "fruit.csv is not the file it was",
        f"threads.intra_op was 7 and is {threads_in_use()['intra_op']}",
        f"packages.keras was 3.0.0 and is {keras.__version__}",
    )
    assert not other.same_weights
    assert other.verdict[-1] == "Other weights than those of fruit-001. What changed is listed above."
    run.dir.update(state="interrupted")
    with pytest.raises(RunError, match="not finished"):
        rerun(run.dir.path)


def test_a_config_that_cannot_be_built_is_the_runs_fault(project: Path) -> None:
    run = dlrun.train(dlrun.load_config(project / "fruit.yaml", ["fit.epochs=1"]), runs_dir=project / "runs")
    text = run.dir.resolved.read_text(encoding="utf-8")
    run.dir.write_text(run.dir.resolved, text.replace("units: 6", f"units: {10**13}"))
    run.dir.seal(run.dir.resolved)
    with pytest.raises(RunError, match="this machine's"):
        rerun(run.dir.path, runs_dir=project / "runs")
