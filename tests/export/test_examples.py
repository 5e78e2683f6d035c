"""Every example config trained by dlrun, and by the script that is exported of it: the same weights and scores."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.config import load_config
from dlrun.export.facts import facts_of_config
from dlrun.export.script import script

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").rglob("*.y*ml"))
NAMES = [path.relative_to(ROOT).as_posix() for path in CONFIGS]
SHORTER = {  # a stop by EarlyStopping is among them
    "pima_early_stopping": ["fit.epochs=8", "callbacks.0.EarlyStopping.patience=1"],
    "bike_sharing": ["fit.epochs=1", "data.split.validation=2011-03-01", "data.split.test=2011-05-01"],
    "bike_sharing_by_hour": ["fit.epochs=1"],
    "bike_sharing_day_ahead": ["fit.epochs=1", "data.split.validation=2011-03-01", "data.split.test=2011-05-01"],
    "digits_residual": ["fit.epochs=1"],
    "spam": ["fit.epochs=1"],
}
KNOWN_MODULES = {"glob", "pathlib", "keras", "numpy", "pandas", "sklearn", "tensorflow"}


def test_the_list_is_whole() -> None:
    assert len(CONFIGS) >= 20


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script of every config."""
    folder = tmp_path_factory.mktemp("scripts")
    for path in CONFIGS:
        config = load_config(path)
        (folder / f"{config.name}.py").write_text(script(config, facts_of_config(config), ROOT), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_their_style_is_ruffs(scripts: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", str(scripts)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_they_need_no_dlrun(scripts: Path) -> None:
    for path in scripts.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        assert {str(module).partition(".")[0] for module in modules} <= KNOWN_MODULES
        assert str(ROOT) not in path.read_text("utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("without_plots")
@pytest.mark.parametrize("name", NAMES)
def test_the_script_gives_the_run_again(name: str, same: Callable[..., str]) -> None:
    same(load_config(ROOT / name, SHORTER.get(Path(name).stem, ["fit.epochs=2"])), ROOT)
