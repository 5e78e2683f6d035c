import json

import jsonschema
import pytest

from dlrun.cli import run


def test_it_is_printed_or_written(capsys, tmp_path):
    assert run(["schema"]) == 0
    printed = capsys.readouterr().out
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    file = tmp_path / "dlrun.schema.json"
    assert run(["schema", "-o", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert file.read_text("utf-8") == printed
    assert run(["schema", "-o", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(file)}


def test_a_folder_that_is_not_there_is_made_and_one_that_cannot_be_is_one_line(capsys, tmp_path):
    """As with every other `-o`."""
    assert run(["schema", "-o", str(tmp_path / "new/dlrun.json")]) == 0
    assert "$defs" in json.loads((tmp_path / "new/dlrun.json").read_text("utf-8"))
    (tmp_path / "no").write_text("a file")
    assert run(["schema", "-o", str(tmp_path / "no/dlrun.json")]) == 74
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("name", ["layers.Dense", "callbacks.EarlyStopping", "optimizers.Adam"])
def test_it_holds_keras_documentation(capsys, name):
    run(["schema"])
    assert json.loads(capsys.readouterr().out)["$defs"][name]["description"]
