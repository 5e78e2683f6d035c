"""Runs and the scripts that are exported of them, side by side."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.config import Config
from dlrun.export.facts import facts_of_run
from dlrun.export.script import script


@pytest.fixture
def same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Config, Path], str]:
    """Return a function that trains a config and runs its script, compares both, and returns the script."""

    def compare(config: Config, beside: Path) -> str:
        from dlrun.training.train import train

        run = train(config, runs_dir=tmp_path)
        path = tmp_path / "exported.py"
        path.write_text(script(run.config, facts_of_run(run.dir, run.config), beside), encoding="utf-8")
        monkeypatch.chdir(beside)
        monkeypatch.setattr("keras.Model.fit", without_files(tmp_path))
        import tensorflow as tf

        for setting in ("set_intra_op_parallelism_threads", "set_inter_op_parallelism_threads"):
            # TensorFlow has its threads already, in this process; both sides compute with the same ones.
            monkeypatch.setattr(tf.config.threading, setting, lambda _: None)
        found = runpy.run_path(str(path))
        assert len(found["history"].history["loss"]) == len(run.history)
        theirs, ours = found["model"].get_weights(), run.model.get_weights()
        assert len(theirs) == len(ours)
        for one, other in zip(theirs, ours, strict=True):
            np.testing.assert_array_equal(one, other)
        metrics = json.loads(run.dir.metrics.read_text("utf-8"))
        parts = list(metrics["rows"])
        assert list(found["scores"]) == parts
        for part in parts:
            wanted = {name: value for name, value in metrics[part].items() if value is not None}
            assert {name: found["scores"][part][name] for name in wanted} == pytest.approx(wanted, rel=1e-6, abs=1e-6)
        return path.read_text(encoding="utf-8")

    return compare


def without_files(folder: Path) -> Any:
    """Return `Model.fit` that writes what it writes below `folder`."""
    import os

    import keras

    fit = keras.Model.fit

    def inside(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = Path.cwd()
        os.chdir(folder)
        try:
            return fit(self, *args, **kwargs)
        finally:
            os.chdir(before)

    return inside
