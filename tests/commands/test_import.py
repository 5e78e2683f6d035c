"""`dlrun import`."""

import json

import keras
import pytest

from dlrun.cli import run


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
    model.save("m.keras")
    return model


def test_a_model_is_printed_or_written_and_its_config_is_summarized(saved, tmp_path, capsys):
    assert run(["import", "m.keras"]) == 0
    text = capsys.readouterr().out
    assert "# Made by `dlrun import m.keras`.\n" in text and "- Dense: {units: 8, activation: relu}" in text
    assert run(["import", "m.keras", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["config"] == text and document["notes"] == document["custom"] == []
    assert document["layers"] == [layer.name for layer in saved.layers]
    assert run(["import", "m.keras", "-o", "m.yaml"]) == 0
    assert (tmp_path / "m.yaml").read_text("utf-8") == text
    assert "m.yaml: 2 layers in" in capsys.readouterr().out
    assert run(["summary", "m.yaml"]) == 0
    assert "49 parameters" in capsys.readouterr().out


def test_a_config_is_not_written_over(saved, tmp_path, capsys):
    (tmp_path / "m.yaml").write_text("mine", encoding="utf-8")
    assert run(["import", "m.keras", "-o", "m.yaml"]) == 2
    assert (tmp_path / "m.yaml").read_text("utf-8") == "mine"
    assert "m.yaml is there already. Give another name, or --force." in capsys.readouterr().err
    assert run(["import", "m.keras", "-o", "m.yaml", "--force"]) == 0


def test_a_file_that_is_no_model_is_told_in_one_line(saved, tmp_path, capsys):
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    assert run(["import", "x.json"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert run(["import", "http://127.0.0.1/m.keras"]) == 2
    assert "dlrun reads local files, no URLs" in capsys.readouterr().err
