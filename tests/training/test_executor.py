from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import keras
import numpy as np
import pytest

from dlrun.config.schema import FitConfig
from dlrun.training import executor
from dlrun.training.engine import Engine
from dlrun.training.examples import Examples
from tests.training.conftest import weights_hash

ROWS = np.random.default_rng(0).random((40, 6, 2), np.float32)
LABELS = np.arange(40) % 3


def network(*layers: Any) -> Any:
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((6, 2), name="features")
    for layer in layers:
        x = layer(x)
    outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(x))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


def recurrent() -> Any:
    return network(keras.layers.Bidirectional(keras.layers.LSTM(5)))


def convolutional() -> Any:
    return network(keras.layers.Conv1D(4, 3), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3))


def trained() -> tuple[str, Any]:
    model, rows = convolutional(), Examples({"features": ROWS}, LABELS)
    history = Engine(model, rows, rows, settings=FitConfig(epochs=2, batch_size=16), seed=0).fit()
    return weights_hash(model), history.history


def test_operations_in_order_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert executor.runs_in_order(convolutional())
    in_order = trained()
    monkeypatch.setattr(executor, "MOST_WEIGHTS", 0)
    assert not executor.runs_in_order(convolutional())
    assert trained() == in_order


def test_recurrent_layers_stay_with_tensorflows_own() -> None:
    assert not executor.runs_in_order(recurrent())


def test_large_networks_stay_with_tensorflows_own() -> None:
    assert not executor.runs_in_order(network(keras.layers.Dense(256), keras.layers.Dense(256)))


def test_tensorflow_still_has_the_executor() -> None:
    assert not isinstance(executor.executor(True), nullcontext)
    assert isinstance(executor.executor(False), nullcontext)
