"""Every example config: it loads, is as static checks want it, and trains an epoch."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from dlrun.config import load_config
from dlrun.data.columns import columns_of

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").rglob("*.y*ml"))
NAMES = [path.relative_to(ROOT).as_posix() for path in CONFIGS]


def test_the_list_is_whole() -> None:
    assert len(CONFIGS) >= 14
    assert {path for path in (ROOT / "configs").rglob("*") if path.suffix.lower() in (".yaml", ".yml")} == set(CONFIGS)


def test_the_readme_of_the_data_names_every_file() -> None:
    told = set(re.findall(r"^\| ([\w.-]+)/? \|", (ROOT / "configs/data/README.md").read_text("utf-8"), re.MULTILINE))
    assert told - {"file"} == {path.name for path in (ROOT / "configs/data").iterdir()} - {"README.md"}


@pytest.mark.parametrize("name", NAMES)
def test_it_opens_with_its_command_and_what_to_expect(name: str) -> None:
    opening = (ROOT / name).read_text("utf-8").partition("\n\n")[0].splitlines()
    assert opening[0] == f"# dlrun train {name}"
    assert all(line.startswith("#") for line in opening)
    assert any(line.startswith("# Expect") for line in opening)


@pytest.mark.parametrize("name", NAMES)
def test_it_passes_the_static_check(name: str) -> None:
    config = load_config(ROOT / name, columns_of=columns_of)
    assert config.name == Path(name).stem
    assert config.notes == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_trains(name: str, tmp_path: Path) -> None:
    from dlrun.training.train import train

    run = train(load_config(ROOT / name, ["fit.epochs=1"]), runs_dir=tmp_path)
    assert run.dir.state == "finished"
    assert len(run.history) == 1
    expected = re.search(r"Expect ([\d,]+) parameters", (ROOT / name).read_text("utf-8"))
    if expected:
        assert run.metrics["parameters"] == int(expected[1].replace(",", ""))
    assert run.metrics["test"]
    assert all(math.isfinite(v) for v in run.metrics["test"].values() if v is not None)
