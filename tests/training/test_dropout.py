"""Forecasts with dropout on."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest

from dlrun.training.dropout import DropoutForward, has_dropout
from dlrun.training.examples import Examples


def model_of(*layers: keras.layers.Layer) -> keras.Model:
    features = keras.Input((2,), name="features")
    x = features
    for layer in layers:
        x = layer(x)
    model = keras.Model(features, x)
    model.compile(loss="mse")
    return model


def answers(model: keras.Model, rows: np.ndarray, seed: int = 0) -> np.ndarray:
    return DropoutForward(model, 32, seed).outputs(Examples({"features": rows.astype(np.float32)}))[""]


def test_every_row_has_dropout_of_its_own_and_the_same_seed_the_same() -> None:
    model = model_of(keras.layers.Dropout(0.25))
    found = answers(model, np.ones((4000, 2)))
    assert np.unique(found).tolist() == pytest.approx([0, 4 / 3])
    assert (found == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert (found[:, 0] != found[:, 1]).any()
    assert (answers(model, np.ones((4000, 2))) == found).all()
    assert (answers(model, np.ones((4000, 2)), seed=1) != found).any()


def test_batch_normalization_keeps_to_what_it_learned() -> None:
    norm = keras.layers.BatchNormalization(epsilon=0)
    model = model_of(norm, keras.layers.Dropout(0.5))
    norm.set_weights([np.ones(2), np.zeros(2), np.full(2, 3.0), np.full(2, 4.0)])
    before = [w.copy() for w in norm.get_weights()]
    assert set(answers(model, np.full((100, 2), 5.0)).ravel().round(5)) == {0.0, 2.0}  # (5 - 3) / 2, doubled
    assert all((a == b).all() for a, b in zip(before, norm.get_weights(), strict=True))
    assert norm.trainable


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: [keras.layers.Dropout(0.2)], True),
        (lambda: [keras.layers.Dropout(0.0), keras.layers.Dense(1)], False),
        (lambda: [keras.layers.Reshape((2, 1)), keras.layers.LSTM(2, dropout=0.1)], True),
        (
            lambda: [
                keras.layers.Reshape((2, 1)),
                keras.layers.Bidirectional(keras.layers.GRU(2, recurrent_dropout=0.1)),
            ],
            True,
        ),
        (lambda: [keras.layers.Reshape((2, 1)), keras.layers.SimpleRNN(2)], False),
    ],
)
def test_networks_with_dropout_are_known(make: Callable[[], list[keras.layers.Layer]], expected: bool) -> None:
    assert has_dropout(model_of(*make())) is expected
