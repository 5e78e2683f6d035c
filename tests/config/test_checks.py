"""The static checks: what they must let pass (what they must find stands in `broken/`), and columns."""

from pathlib import Path

import pytest

from dlrun.config import Config
from dlrun.config.checks import check_columns
from dlrun.config.checks.monitors import metric_columns
from dlrun.config.checks.split import has_validation
from dlrun.config.loader import load_config
from dlrun.errors import ConfigError, DataError, Problem

from .conftest import WHOLE, Load

DATA = "data: {source: a.csv, target: y}\n"
BINARY = DATA + "layers: [{Dense: {units: 1, activation: sigmoid}}]\ncompile: {loss: bce}\n"


@pytest.mark.parametrize(
    "text",
    [
        BINARY,
        DATA + "layers: [{Dense: 1}]\ncompile: {loss: {BinaryCrossentropy: {from_logits: true}}}\n",
        DATA + "layers: [{Dense: 1}, {Activation: sigmoid}]\ncompile: {loss: bce}\n",
        DATA + "layers: [{Dense: 3}, Softmax]\ncompile: {loss: sparse_categorical_crossentropy}\n",
        DATA + "layers: [{Dense: {units: 3, activation: {Softmax: {}}}}]\ncompile: {loss: categorical_crossentropy}\n",
        DATA + "layers: [{Dense: 3}]\ncompile: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}\n",
        DATA + "layers: [{Dense: {units: 1, activation: relu}}]\ncompile: {loss: mse}\n",
        DATA + "layers: [{Dense: {units: 1, activation: sigmoid}}]\ncompile: {loss: mse}\n",
        DATA + "layers: [{Dense: 24}]\ncompile: {loss: mse}\npreprocessing: {window: {length: 48, horizon: 24}}\n",
        DATA + "layers: [{Dense: {units: 1, activation: tanh}}]\ncompile: {loss: hinge}\n",
        DATA + "layers: [{Dense: 8}, {Reshape: [2, 4]}]\ncompile: {loss: mse}\n",
        "data: {source: a.csv, target: [a, b, c]}\n"
        "layers: [{Dense: {units: 3, activation: sigmoid}}]\ncompile: {loss: bce}\n",
        "data: {source: d.npz, target: image, features: [image]}\n"
        "layers: [Flatten, {Dense: 64}]\ncompile: {loss: mse}\n",
        "data: {source: a.csv, target: y, features: [y]}\nlayers: [{Dense: 1}]\npreprocessing: {window: {length: 3}}\n",
        "data: {source: a.csv, split: {time: t, validation: 2019-01-01, test: 2019-06-01}}\nlayers: [{Dense: 1}]\n",
        "data: {source: a.csv, split: {group: g, test: 0.2, validation: 30}}\nlayers: [{Dense: 1}]\n",
        "data: {source: a.csv, split: {column: fold}}\nlayers: [{Dense: 1}]\n",
        "data: {source: a.csv, split: {test: 0.2, stratify: city}}\nlayers: [{Dense: 1}]\ncompile: {loss: mse}\n",
        BINARY + "fit: {epochs: 1, class_weight: {0: 1, 1: 2}, validation_split: 0.2}\ncallbacks: [EarlyStopping]\n",
        DATA + "layers: [{Dense: 2}]\ncompile: {loss: mine}\ncode: [mine.py]\n"
        "fit: {epochs: 1, class_weight: balanced}\nevaluate: {positive: a}\n"
        "preprocessing: {resample: {oversample: minority}}\n",
        BINARY + "preprocessing: {target: none}\n",
        BINARY + "evaluate: {positive: Yes}\npreprocessing: {resample: {undersample: majority}}\n",
        BINARY + "callbacks: [{ModelCheckpoint: '{epoch:03d}.keras'}, TerminateOnNaN, {EarlyStopping: loss}]\n",
    ],
)
def test_what_is_right_passes(load: Load, text: str) -> None:
    assert isinstance(load(text), Config)


@pytest.mark.parametrize(
    ("metrics", "columns"),
    [
        ("[mae, RootMeanSquaredError]", ["loss", "mae", "RootMeanSquaredError"]),
        ("[{RootMeanSquaredError: {dtype: float32}}]", ["loss", "root_mean_squared_error"]),
        ("[{AUC: {curve: PR}}, {AUC: {name: pr}}]", ["loss", "auc", "pr"]),
        ("[{AUC: {curve: PR}}, {AUC: {num_thresholds: 9}}]", ["loss", "auc", "auc_1"]),
        ("[{F1Score: {average: macro}}, {FBetaScore: {beta: 2}}]", ["loss", "f1_score", "fbeta_score"]),
    ],
)
def test_metrics_have_the_names_that_keras_gives_them(load: Load, metrics: str, columns: list[str]) -> None:
    assert metric_columns(load(f"layers: [{{Dense: 1}}]\ncompile: {{loss: mse, metrics: {metrics}}}\n")) == columns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DATA, False),
        ("data: {source: a.csv, split: {test: 0.2}}\n", False),
        ("data: {source: a.csv, split: {validation: 0.2}}\n", True),
        ("data: {source: a.csv, validation_source: b.csv}\n", True),
        ("data: {source: a.csv, split: {column: fold}}\n", True),
        (DATA + "fit: {epochs: 1, validation_split: 0.1}\n", True),
    ],
)
def test_validation_part(load: Load, text: str, expected: bool) -> None:
    assert has_validation(load(text + "layers: [{Dense: 1}]\n")) is expected


COLUMNS_NAMED = """\
data:
  source: house.csv
  target: price
  features: [area, romos]
  drop: [zip]
  categorical: [kind]
  time: when
  split: {group: city}
preprocessing:
  columns: {aera: standard}
fit: {epochs: 1, sample_weight: weight}
inputs:
  all: [area, kind_flat, kid_flat]
layers: [{Dense: 1, inputs: all}]
"""


def test_columns_that_the_table_lacks(load: Load) -> None:
    problems = check_columns(load(COLUMNS_NAMED), ["area", "rooms", "kind", "price", "date"])
    assert [str(problem).partition("config.yaml:")[2] for problem in problems] == [
        "4:20: data.features[1]: no column 'romos' in house.csv. Did you mean 'rooms'?",
        "5:10: data.drop[0]: no column 'zip' in house.csv. There are: area, date, kind, price, rooms.",
        "7:9: data.time: no column 'when' in house.csv. There are: area, date, kind, price, rooms.",
        "8:18: data.split.group: no column 'city' in house.csv. There are: area, date, kind, price, rooms.",
        "11:33: fit.sample_weight: no column 'weight' in house.csv. There are: area, date, kind, price, rooms.",
        "10:13: preprocessing.columns.aera: no column 'aera' in house.csv. Did you mean 'area'?",
        "13:26: inputs.all[2]: no column 'kid_flat' in house.csv. There are: area, date, kind, price, rooms.",
    ]


def test_a_column_that_a_prepare_step_took_out(load: Load) -> None:
    text = (
        "data:\n  source: house.csv\n  target: price\n  features: [area, zip, kind]\n"
        "  prepare: [{drop: [zip]}, {rename: {kind: type}}]\nlayers: [{Dense: 1}]\n"
    )
    problems = check_columns(load(text), ["area", "type", "price"])
    assert [str(problem).partition("features")[2] for problem in problems] == [
        "[1]: no column 'zip' in house.csv. data.prepare[0] drops it.",
        "[2]: no column 'kind' in house.csv. data.prepare[1] renames it 'type'.",
    ]


def test_a_config_without_data_names_no_columns(load: Load) -> None:
    assert check_columns(load("layers: [{Dense: 1}]\n"), ["a"]) == []


def test_columns_are_told_along_with_everything_else(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(WHOLE.replace("epochs: 3", "epochs: 0").replace("target: y", "target: z"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, columns_of=lambda config: ["x", "y"])
    assert [str(p).partition("config.yaml:")[2] for p in caught.value.problems] == [
        "1:31: data.target: no column 'z' in a.csv. There are: x, y.",
        "6:15: fit.epochs: expected a number from 1, got 0",
    ]


def test_data_that_cannot_be_read_is_its_own_error_only_where_nothing_else_is_wrong(tmp_path: Path) -> None:
    def unreadable(config: Config) -> list[str]:
        raise DataError(Problem("no file a.csv"))

    file = tmp_path / "config.yaml"
    file.write_text(WHOLE, encoding="utf-8")
    with pytest.raises(DataError, match=r"no file a.csv"):
        load_config(file, columns_of=unreadable)
    with pytest.raises(ConfigError) as caught:
        load_config(file, ["fit.epoch=3"], columns_of=unreadable)
    assert len(caught.value.problems) == 2


def test_a_callback_whose_package_is_missing(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.config.checks import callbacks

    text = BINARY + "callbacks: [TerminateOnNaN, TensorBoard]\n"
    monkeypatch.setattr(callbacks, "find_spec", lambda name: None if name == "tensorboard" else name)
    with pytest.raises(ConfigError, match="needs the package tensorboard, which is not installed"):
        load(text)
    monkeypatch.setattr(callbacks, "find_spec", lambda name: name)
    assert load(text).callbacks[1].type == "TensorBoard"
