"""Networks without training: build_model, summary, check."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest

import dlrun
from dlrun.errors import ConfigError
from dlrun.training.check import check_build
from dlrun.training.summary import summarize

WITHOUT_DATA = """\
inputs: {image: {shape: [8, 8, 1]}}
layers:
  - Conv2D: {filters: 4, kernel_size: 3}
  - Flatten
  - Dense: 2
"""


def test_a_network_without_data(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WITHOUT_DATA)
    model = dlrun.build_model(tmp_path / "a.yaml")
    assert isinstance(model, keras.Model)
    assert model.count_params() == (9 * 4 + 4) + (6 * 6 * 4 * 2 + 2)
    summary = summarize(dlrun.load_config(tmp_path / "a.yaml"))
    assert [row.type for row in summary.rows] == ["InputLayer", "Conv2D", "Flatten", "Dense"]
    assert (summary.parameters, summary.trainable_parameters, summary.non_trainable_parameters) == (330, 330, 0)


def test_a_network_with_data_knows_its_shapes_from_them(project: Path) -> None:
    model = dlrun.build_model(dlrun.load_config(project / "fruit.yaml"))
    assert model.input_shape == (None, 5)
    assert model.compiled


def test_the_same_config_builds_the_same_weights(project: Path) -> None:
    first, second = (dlrun.build_model(project / "fruit.yaml").get_weights() for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_shapes_that_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("layers: [{Dense: 1}]\n")
    with pytest.raises(ConfigError, match="not known"):
        dlrun.build_model(tmp_path / "a.yaml")


def test_check_fits_one_batch_and_leaves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    found = check_build(dlrun.load_config("fruit.yaml"))
    assert found.rows == {"train": 53, "validation": 14, "test": 23}
    assert found.parameters == 43
    assert set(found.logs) == {"accuracy", "loss"}
    assert sorted(entry.name for entry in project.iterdir()) == ["fruit.csv", "fruit.yaml"]


def test_check_tells_what_training_would(project: Path) -> None:
    with pytest.raises(ConfigError, match="units: 1"):
        check_build(dlrun.load_config(project / "fruit.yaml", ["layers.2.Dense.units=3"]))
