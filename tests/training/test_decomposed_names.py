"""A name whose letters come in pieces, as macOS gives the names of files: its runs are found again."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

import dlrun
from dlrun.training.resume import resume_or_train
from dlrun.training.resume_several import begun_runs

pytestmark = pytest.mark.usefixtures("without_plots")


def test_resume_finds_the_run_of_such_a_name(project: Path) -> None:
    name = unicodedata.normalize("NFD", "한글é")
    config = dlrun.load_config(project / "fruit.yaml", [f"name={name}", "fit.epochs=1", "fit.time_limit.minutes=1e-9"])
    run = dlrun.train(config, runs_dir=project / "runs").dir
    assert run.state == "interrupted"
    assert [found and found.path for found in begun_runs([config], project / "runs")] == [run.path]
    assert resume_or_train(config, runs_dir=project / "runs").dir.path == run.path
