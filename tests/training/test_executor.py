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

pytestmark = pytest.mark.usefixtures("without_plots")

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


def residual() -> Any:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((8, 8, 1), name="features")
    a = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
    x = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(a)
    x = keras.layers.ReLU()(keras.layers.Add()([keras.layers.BatchNormalization()(x), a]))
    outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    return model


def test_a_residual_block_with_batch_normalization_has_the_bits_of_keras() -> None:
    images = np.random.default_rng(1).random((80, 8, 8, 1), np.float32)
    labels = np.arange(80) % 3
    ours, theirs = residual(), residual()
    settings = FitConfig(epochs=1, batch_size=32, shuffle=False)
    Engine(ours, Examples({"features": images}, labels), settings=settings, seed=0).fit()
    theirs.fit(images, labels, batch_size=32, shuffle=False, verbose=0)
    assert weights_hash(ours) == weights_hash(theirs)


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


OPTIMIZERS = {
    "gradient_accumulation_steps": lambda: keras.optimizers.Adam(gradient_accumulation_steps=2),
    "use_ema": lambda: keras.optimizers.Adam(use_ema=True, ema_overwrite_frequency=3),
    "a scaled loss": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_that_branches_stays_with_tensorflows_own(name: str) -> None:
    """Run in order, its graph would never end; as it is, the weights are those of `model.fit`."""
    weights = []
    for by_engine in (True, False):
        model, rows = network(), Examples({"features": ROWS}, LABELS)
        model.compile(OPTIMIZERS[name](), "sparse_categorical_crossentropy", jit_compile=False)
        if by_engine:
            engine = Engine(model, rows, None, settings=FitConfig(epochs=2, batch_size=8, shuffle=False), seed=0)
            engine.trace()
            assert not engine._train._in_order
            engine.fit()
        else:
            model.fit(ROWS, LABELS, epochs=2, batch_size=8, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_others_run_in_order() -> None:
    model, rows = convolutional(), Examples({"features": ROWS}, LABELS)
    engine = Engine(model, rows, None, settings=FitConfig(epochs=1, batch_size=16), seed=0)
    engine.trace()
    assert engine._train._in_order


def test_recurrent_layers_stay_with_tensorflows_own() -> None:
    assert not executor.runs_in_order(recurrent())


def test_large_networks_stay_with_tensorflows_own() -> None:
    assert not executor.runs_in_order(network(keras.layers.Dense(256), keras.layers.Dense(256)))


def test_tensorflow_still_has_the_executor() -> None:
    assert not isinstance(executor.executor(True), nullcontext)
    assert isinstance(executor.executor(False), nullcontext)
