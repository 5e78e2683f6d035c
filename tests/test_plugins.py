"""A package that extends dlrun, installed as pip leaves it: its modules, and its dist-info beside them."""

import csv
import json
import sys
from pathlib import Path

import jsonschema
import pytest

from dlrun import plugins
from dlrun.catalog import PREPARE_STEPS, PREPROCESSING_STEPS
from dlrun.cli import run

MODULE = '''
"""What tiny adds to dlrun."""

from pathlib import Path

import keras
import numpy as np

import dlrun
from dlrun.preprocessing.step import Step

Path(__file__).with_name("imported").write_text("yes")


@keras.saving.register_keras_serializable(package="tiny")
class Scaled(keras.layers.Layer):
    """Multiplies what comes in.

    Args:
        by: The factor.
    """

    def __init__(self, by: float = 2.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def call(self, x):
        return x * self.by


def half_error(y_true, y_pred):
    """Half of the absolute error."""
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1) / 2


@dlrun.register("preprocessing", "halved")
class Halved(Step):
    """Halves every value.

    Args:
        times: How often.
    """

    def __init__(self, times: int = 1):
        self.times = times

    def apply(self, x):
        return np.asarray(x) / 2**self.times
'''
CONFIG = """\
data: {source: d.csv, target: y}
preprocessing: {numeric: {halved: {times: 3}}}
layers:
- Scaled: {by: 4}
- Dense: 1
compile: {loss: half_error, metrics: [mae]}
fit: {epochs: 1}
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return the folder of the installed package."""
    site = tmp_path / "site-packages"
    (site / "tiny_for_dlrun").mkdir(parents=True)
    (site / "tiny_for_dlrun/__init__.py").write_text("", "utf-8")
    (site / "tiny_for_dlrun/names.py").write_text(MODULE, "utf-8")
    info = site / "tiny_for_dlrun-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-for-dlrun\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[dlrun.plugins]\ntiny = tiny_for_dlrun.names\n", "utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(PREPROCESSING_STEPS, "_objects", {})
    monkeypatch.setattr("dlrun.model.user_code._packages", {})
    plugins.plugins.cache_clear()
    yield site / "tiny_for_dlrun"
    plugins.plugins.cache_clear()
    for name in [name for name in sys.modules if name.startswith("tiny_for_dlrun")]:
        del sys.modules[name]
    if "keras" in sys.modules:
        objects = sys.modules["keras"].saving.get_custom_objects()
        for name in [name for name in objects if name in {"tiny>Scaled", "Scaled", "half_error"}]:
            del objects[name]


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Return the path of a config that uses what the package adds."""
    monkeypatch.chdir(tmp_path)
    with Path("d.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("x", "y"), *((i % 7, 3 * i % 11) for i in range(40))])
    Path("c.yaml").write_text(CONFIG, "utf-8")
    return "c.yaml"


def test_check_knows_its_names_and_arguments_without_importing_it(package, config, capsys):
    assert run(["check", config]) == 0
    assert capsys.readouterr().out == "c.yaml: no problem found\n"
    Path(config).write_text(
        CONFIG.replace("by: 4", "bye: 4").replace("times: 3", "time: 3").replace("half_error", "half_eror"), "utf-8"
    )
    assert run(["check", config]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "c.yaml:2:36: preprocessing.numeric.halved.time: halved has no argument 'time'. Did you mean 'times'?",
        "c.yaml:4:12: layers[0].Scaled.bye: Scaled has no argument 'bye'. Did you mean 'by'?",
        "c.yaml:6:17: compile.loss: unknown loss 'half_eror'. Did you mean 'half_error'?",
    ]
    Path(config).write_text(CONFIG.replace("by: 4", "by: four"), "utf-8")
    assert run(["check", config]) == 2
    assert "layers[0].Scaled.by: expected a number, got text 'four'" in capsys.readouterr().err
    assert not (package / "imported").exists()


def test_explain_and_schema_know_them_too(package, capsys):
    assert run(["explain", "Scaled"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Scaled  layer, the package tiny-for-dlrun\n") and "Multiplies what comes in." in text
    assert run(["explain", "halved.times"]) == 0
    assert "How often." in capsys.readouterr().out
    assert run(["explain", "half_error", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["what"] == "function" and told["summary"] == "Half of the absolute error."
    assert run(["schema"]) == 0
    validator = jsonschema.Draft202012Validator(json.loads(capsys.readouterr().out))
    assert validator.is_valid(
        {"layers": [{"Scaled": {"by": 4}}], "preprocessing": {"numeric": {"halved": {"times": 3}}}}
    )
    assert not validator.is_valid({"layers": [{"Scaled": {"bye": 4}}]})
    assert not (package / "imported").exists()


def test_it_trains_and_predicts(package, config, tmp_path, capsys):
    assert run(["train", config, "--quiet"]) == 0, capsys.readouterr().err
    assert (package / "imported").exists()
    learned = json.loads((tmp_path / "runs/c-001/preprocessing.json").read_text("utf-8"))
    assert "halved" in json.dumps(learned)
    capsys.readouterr()
    assert run(["predict", "c-001", "d.csv", "-o", "out.csv"]) == 0, capsys.readouterr().err
    assert len(Path("out.csv").read_text("utf-8").splitlines()) == 41


def test_a_config_that_uses_nothing_of_it_does_not_import_it(package, config):
    Path(config).write_text("data: {source: d.csv, target: y}\nlayers: [{Dense: 1}]\ncompile: {loss: mse}\n", "utf-8")
    assert run(["train", config, "fit.epochs=1", "--quiet"]) == 0
    assert not (package / "imported").exists()


def test_a_package_that_fails_is_one_line(package, config, capsys):
    (package / "names.py").write_text(MODULE + "\n1 / 0\n", "utf-8")
    assert run(["train", config, "--quiet"]) == 2
    captured = capsys.readouterr().err
    assert "the package tiny-for-dlrun cannot be imported" in captured and captured.count("\n") == 1


def test_a_package_whose_module_is_missing_adds_nothing(package, config, capsys):
    (package / "names.py").unlink()
    assert run(["check", config]) == 2
    assert "unknown layer 'Scaled'" in capsys.readouterr().err


def test_it_cannot_take_the_place_of_what_dlrun_has(package, config, capsys):
    (package / "names.py").write_text(MODULE.replace('"halved"', '"min_max"'), "utf-8")
    Path(config).write_text(CONFIG.replace("halved: {times: 3}", "min_max: {times: 3}"), "utf-8")
    assert run(["check", config]) == 2
    assert "min_max has no argument 'times'" in capsys.readouterr().err
    assert "tidy" not in PREPARE_STEPS


def test_its_version_is_part_of_the_run(package, config, tmp_path):
    assert run(["train", config, "--quiet"]) == 0
    record = json.loads((tmp_path / "runs/c-001/environment.json").read_text("utf-8"))
    assert record["packages"]["tiny-for-dlrun"] == "1.0"
