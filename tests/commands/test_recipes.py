from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli import run
from dlrun.config import load_config
from dlrun.data.load import load_dataset

ROOT = Path(__file__).parents[2]


def test_every_example_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recipes", "ls", "--json"]) == 0
    found = {recipe["name"]: recipe for recipe in json.loads(capsys.readouterr().out)}
    assert set(found) == {path.stem for path in (ROOT / "configs").glob("*.yaml")}
    assert found["iris_8_3"]["about"] == (
        "Three kinds of iris from four measurements: a softmax with one unit for each kind."
    )
    assert all(r["about"] and r["expect"].startswith("Expect ") and len(r["expect"]) > 20 for r in found.values())
    assert run(["recipes", "ls"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(found) + 1


def test_a_copy_brings_all_that_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["recipes", "cp", "pima_early_stopping", "first", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert files == [
        "first/pima_early_stopping.yaml",
        "first/pima.yaml",
        "first/data/pima-indians-diabetes.csv",
        "first/data/README.md",
    ]
    text = Path(files[0]).read_text("utf-8")
    assert text.startswith("# dlrun train first/pima_early_stopping.yaml\n")
    config = load_config(files[0])
    assert config.layers == load_config(ROOT / "configs/pima_early_stopping.yaml").layers
    assert len(load_dataset(config).parts["train"]) == 491  # 768 - 154 for the test - 123 of the rest


def test_a_folder_of_images_comes_whole(tmp_path: Path) -> None:
    assert run(["recipes", "cp", "digits_images.yaml", str(tmp_path)]) == 0
    assert len(list((tmp_path / "data/digits_png").rglob("*.png"))) == 300


def test_what_was_changed_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = ["recipes", "cp", "iris_8_3", str(tmp_path)]
    assert run(copy) == 0
    assert run(copy) == 0, "the same again does no harm"
    file = tmp_path / "iris_8_3.yaml"
    before = file.read_text("utf-8")
    file.write_text("mine", encoding="utf-8")
    capsys.readouterr()
    assert run(copy) == 2
    assert "is there already, and is not the same" in capsys.readouterr().err
    assert file.read_text("utf-8") == "mine"
    assert run([*copy, "--force"]) == 0
    assert file.read_text("utf-8") == before


def test_a_mistyped_name_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recipes", "cp", "titanc", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "there is no recipe 'titanc'. Did you mean 'titanic'?\n"
    assert run(["recipes", "cp", "../pyproject", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []
