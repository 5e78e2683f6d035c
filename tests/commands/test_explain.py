import json

import pytest

from dlrun.cli import run


def shown(capsys, *arguments):
    assert run(["explain", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_a_layer_on_the_screen(capsys):
    text = shown(capsys, "Bidirectional")
    lines = text.splitlines()
    assert lines[0] == "Bidirectional  layer, keras.layers.Bidirectional"
    assert "In YAML" in lines and any(line.strip().startswith("- Bidirectional: {layer: {LSTM:") for line in lines)
    assert "  layer  layer, required" in lines
    assert "`" not in text.partition("In YAML")[0] and not any(line != line.rstrip() for line in lines)


def test_an_argument_and_a_key(capsys):
    assert "  monitor  text, default val_loss" in shown(capsys, "EarlyStopping.monitor").splitlines()
    assert "Rows in a batch." in shown(capsys, "fit.batch_size")


def test_json_is_all_that_is_printed(capsys):
    (told,) = json.loads(shown(capsys, "min_max", "--json"))
    assert told["what"] == "preprocessing step"
    assert told["arguments"][0]["default"] == [0.0, 1.0]
    assert "Dense" in json.loads(shown(capsys, "--json"))["layers"]


def test_without_a_name_everything_is_listed(capsys):
    text = shown(capsys)
    assert "Dense, " in text and "min_max" in text and "fit.batch_size" in text


@pytest.mark.parametrize("name", ["Dnse", "\x1b[31mred", "__class__", "Dense.__init__", "", "."])
def test_a_miss_is_one_line(capsys, name):
    assert run(["explain", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and "\x1b" not in captured.err
