"""Networks and rows for the tests of training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlrun.training.examples import Examples
from dlrun.training.runtime import start_keras

NUM_ROWS, NUM_FEATURES = 150, 4


@pytest.fixture(autouse=True)
def _keras() -> Iterator[None]:
    start_keras(0)
    yield


@pytest.fixture
def rows() -> Examples:
    """150 rows of 4 features with a binary label."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(NUM_ROWS, NUM_FEATURES)).astype("float32")
    y = (x[:, :1] + generator.normal(size=(NUM_ROWS, 1)) > 0).astype("float32")
    return Examples({"features": x}, y)


@pytest.fixture
def build() -> Callable[..., Any]:
    """A function that builds the same compiled network at every call: dropout, batch normalization, metrics."""
    import keras

    def network(learning_rate: Any = 1e-2, metrics: tuple[str, ...] = ("accuracy",), **compile_args: Any) -> Any:
        keras.utils.set_random_seed(5)
        inputs = keras.Input((NUM_FEATURES,), name="features")
        x = keras.layers.Dense(8, activation="relu", kernel_regularizer="l2")(inputs)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Dropout(0.4)(x)
        model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
        model.compile(
            keras.optimizers.Adam(learning_rate), "binary_crossentropy", metrics=list(metrics), jit_compile=False,
            **compile_args,
        )  # fmt: skip
        return model

    return network


def weights_hash(model: Any) -> str:
    """Return a hash of all weights and the optimizer's state."""
    arrays = [*model.get_weights(), *(np.asarray(variable) for variable in model.optimizer.variables)]
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


CONFIG = """\
name: fruit
seed: 3
data:
  source: fruit.csv
  target: ripe
  split: {test: 0.25, validation: 0.2}
preprocessing:
  numeric: [{impute: median}, standard]
layers:
  - Dense: {units: 6, activation: relu}
  - Dropout: 0.2
  - Dense: {units: 1, activation: sigmoid}
compile:
  optimizer: {Adam: {learning_rate: 0.01}}
  loss: binary_crossentropy
  metrics: [accuracy]
fit: {epochs: 3, batch_size: 16}
"""


def fruit() -> pd.DataFrame:
    """90 rows with numbers, gaps, a category and a text label."""
    generator = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "무게": generator.normal(150, 20, 90).round(1),
            "sugar": generator.normal(10, 2, 90).round(2),
            "colour": generator.choice(["red", "green", "yellow"], 90),
        }
    )
    frame["ripe"] = np.where(frame["sugar"] + generator.normal(0, 1, 90) > 10, "yes", "no")
    frame.loc[::17, "sugar"] = np.nan
    return frame


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with fruit.csv and fruit.yaml."""
    fruit().to_csv(tmp_path / "fruit.csv", index=False)
    (tmp_path / "fruit.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path
