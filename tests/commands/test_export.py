from __future__ import annotations

import ast
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dlrun.cli import run
from dlrun.run_dir import RunDir


def test_a_run_becomes_a_script_in_the_working_folder(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["export", "iris_8_3", "--to", "python", "--runs-dir", str(trained)]
    assert run(arguments) == 0
    assert capsys.readouterr().out == "iris_8_3-001.py\n"
    source = (tmp_path / "iris_8_3-001.py").read_text("utf-8")
    assert "the run iris_8_3-001" in (ast.get_docstring(ast.parse(source)) or "")
    assert "EPOCHS = 4\n" in source
    assert run(arguments) == 2
    assert capsys.readouterr().err == (
        "iris_8_3-001.py is there already. Say --force to replace it, or -o another file.\n"
    )
    assert run([*arguments, "--force"]) == 0


def test_files_below_the_script_are_named_from_it(
    configs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(configs)
    assert run(["export", "boston_8_1.yaml", "-o", "-"]) == 0
    source = capsys.readouterr().out
    assert 'pd.read_csv("data/boston.csv")' in source
    assert "the config boston_8_1" in (ast.get_docstring(ast.parse(source)) or "")


def without_addresses(found: dict[str, Any]) -> dict[str, Any]:
    """Take out the address in memory by which Keras marks what two layers share, such as a policy."""
    return {key: value for key, value in found.items() if key != "shared_object_id"}


def contents(path: Path) -> tuple[Any, list[Any]]:
    """Return what a file that Keras loads says of a network, and the network's weights."""
    import keras

    model = keras.saving.load_model(path)
    described = json.loads(zipfile.ZipFile(path).read("config.json"), object_hook=without_addresses)
    del described["compile_config"]["optimizer"]["config"]["name"]  # Keras counts them in a process
    return described, [weight.tolist() for weight in model.get_weights()]


def test_a_trained_network_is_keras_own_file(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "iris.keras"
    assert run(["export", "iris_8_3", "--to", "keras", "-o", str(path), "--runs-dir", str(trained), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {"file": str(path), "to": "keras", "bytes": path.stat().st_size}
    assert contents(path) == contents(trained / "iris_8_3-001/model.keras")


@pytest.mark.parametrize("held", [b"anything", None])
def test_what_a_run_says_is_its_network_is_passed_on_to_nobody(
    held: bytes | None, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange, path = tmp_path / "iris_8_3-001", tmp_path / "iris.keras"
    shutil.copytree(trained / strange.name, strange)
    if held is None:
        (strange / "model.keras").unlink()
    else:
        (strange / "model.keras").write_bytes(held)
        RunDir(strange).seal("model.keras")
    arguments = ["export", str(strange), "--to", "keras", "-o", str(path)]
    assert run(arguments) == 0
    assert contents(path) == contents(trained / "iris_8_3-001/model.keras")
    arrays = strange / "checkpoints/final.npz"
    arrays.write_bytes(arrays.read_bytes()[:-1])
    assert run([*arguments, "--force"]) == 4
    assert f"{arrays} was damaged or changed after it was written" in capsys.readouterr().err


def test_what_cannot_be_exported_is_told_and_nothing_is_written(
    configs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out"
    config = str(configs / "boston_8_1.yaml")
    assert run(["export", config, "--to", "keras", "-o", str(path)]) == 2
    assert run(["export", config, "--to", "pyton", "-o", str(path)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "a config has no trained network yet. Train it, and name the run.",
        "--to pyton: there is no such export. Did you mean 'python'?",
    ]
    odd = tmp_path / "odd.yaml"
    odd.write_text(f"extends: {config}\ncallbacks: [{{BackupAndRestore: {{backup_dir: b}}}}]\n", encoding="utf-8")
    assert run(["export", str(odd), "-o", str(path)]) == 2
    told = "callbacks: a script cannot do this: BackupAndRestore would go on from an earlier start of the script"
    assert capsys.readouterr().err.startswith(told)
    assert not path.exists()


def test_a_damaged_run_is_told(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained / "boston_8_1-001", tmp_path / "boston_8_1-001")
    (tmp_path / "boston_8_1-001/data.json").write_text("{}", encoding="utf-8")
    assert run(["export", "boston_8_1", "-o", "-", "--runs-dir", str(tmp_path)]) == 4
    assert "was damaged" in capsys.readouterr().err
