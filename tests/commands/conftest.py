"""Runs to look at, trained once."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def configs() -> Path:
    """The folder of the example configs."""
    return ROOT / "configs"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with `boston_8_1-001` and then `iris_8_3-001`, both trained by the command."""
    from dlrun.cli import run

    runs_dir = tmp_path_factory.mktemp("runs")
    for name in ("boston_8_1", "iris_8_3"):
        config = str(ROOT / f"configs/{name}.yaml")
        assert run(["train", config, "fit.epochs=4", "--runs-dir", str(runs_dir), "--quiet"]) == 0
    return runs_dir
