from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.config import load_config
from dlrun.config.flat import default_of, flat, flat_config

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


def test_keys_are_those_of_the_command_line(tmp_path: Path) -> None:
    config = load_config(CONFIGS[0].parent / "pima_early_stopping.yaml")
    found = flat_config(config)
    assert found["compile.loss"] == "binary_crossentropy"
    assert found["callbacks.0.EarlyStopping.monitor"] == "val_loss"
    changed = load_config(CONFIGS[0].parent / "pima_early_stopping.yaml", ["callbacks.0.EarlyStopping.patience=99"])
    differ = {key for key, value in flat_config(changed).items() if found.get(key) != value}
    assert differ == {"callbacks.0.EarlyStopping.patience"}


def test_by_hand() -> None:
    values = {"layers": ["Flatten", {"Dense": {"units": 8}}, {"Concatenate": None, "inputs": ["a", "b"]}]}
    assert flat(values) == {
        "layers.0": "Flatten", "layers.1.Dense.units": 8, "layers.2.Concatenate": None, "layers.2.inputs": ["a", "b"],
    }  # fmt: skip
    assert flat({"drop": ["x", "y"], "columns": {"Sepal.Length": {"standard": {}}}}) == {
        "drop": ["x", "y"], 'columns."Sepal.Length".standard': None,
    }  # fmt: skip


def test_defaults_are_the_schemas() -> None:
    assert (default_of("fit.batch_size"), default_of("fit.shuffle"), default_of("data.split.embargo")) == (32, True, 0)
    assert default_of("fit.epochs") is None
    assert default_of("layers.0.Dense.units") is None


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_value_of_a_config_is_plain(path: Path) -> None:
    plain = (bool, int, float, str, list, type(None))
    assert all(isinstance(value, plain) for value in flat_config(load_config(path)).values())
