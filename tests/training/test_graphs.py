from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from dlrun.config.schema import FitConfig
from dlrun.training.engine import Engine
from dlrun.training.examples import DeviceRows, Examples
from dlrun.training.graphs import Graphs
from tests.training.conftest import weights_hash

SETTINGS = FitConfig(epochs=3, batch_size=16)


def engine(model: Any, rows: Examples, seed: int, graphs: Graphs | None) -> Engine:
    return Engine(model, rows, rows, settings=SETTINGS, seed=seed, graphs=graphs)


def other_weights(model: Any, seed: int) -> Any:
    generator = np.random.default_rng(seed)
    model.set_weights([weight + generator.random(weight.shape) for weight in model.get_weights()])
    return model


def test_a_graph_of_another_network_gives_the_bits_of_its_own(rows: Examples, build: Callable[..., Any]) -> None:
    graphs = Graphs()
    first = other_weights(build(), 1)
    engine(first, rows, 1, graphs).fit()
    after_first = weights_hash(first)
    second, own = other_weights(build(), 2), other_weights(build(), 2)
    shared, alone = engine(second, rows, 2, graphs), engine(own, rows, 2, None)
    shared.trace()
    alone.trace()
    assert graphs.find(("train_step", False), DeviceRows(rows, second), second) is not None
    before = second.get_weights()
    assert shared.fit().history == alone.fit().history
    assert weights_hash(second) == weights_hash(own)
    assert weights_hash(first) == after_first, "the first network must not be trained any more"
    assert any((a != b).any() for a, b in zip(before, second.get_weights(), strict=True))


def test_no_graph_is_made_twice(rows: Examples, build: Callable[..., Any]) -> None:
    graphs, steps = Graphs(), []
    for seed in (1, 2):
        model = build()
        step = model.train_step
        model.train_step = _counted(step, steps)
        engine(model, rows, seed, graphs).fit()
    assert len(steps) == 1


def _counted(step: Callable[[Any], Any], calls: list[Any]) -> Callable[[Any], Any]:
    def train_step(data: Any) -> Any:
        calls.append(data)
        return step(data)

    return train_step


def test_a_network_with_other_variables_gets_none(rows: Examples, build: Callable[..., Any]) -> None:
    graphs = Graphs()
    engine(build(), rows, 1, graphs).fit()
    other = build(metrics=("accuracy", "mse"))
    theirs = engine(other, rows, 1, graphs)
    theirs.trace()
    assert set(theirs.fit().history) == {"loss", "accuracy", "mse", "val_loss", "val_accuracy", "val_mse"}


def test_a_graph_that_takes_more_than_variables_is_not_kept() -> None:
    def looks_up() -> Any:
        keras.utils.set_random_seed(5)
        inputs = keras.Input((1,), name="features", dtype="int32")
        codes = keras.layers.IntegerLookup(vocabulary=[10, 20, 30])(inputs)
        x = keras.layers.Flatten()(keras.layers.Embedding(4, 3)(codes))
        model = keras.Model(inputs, keras.layers.Dense(1)(x))
        model.compile("sgd", "mse", jit_compile=False)
        return model

    rows = Examples({"features": np.array([[10], [20], [30], [10]] * 8, np.int32)}, np.ones((32, 1), np.float32))
    graphs = Graphs()
    first, second = looks_up(), looks_up()
    engine(first, rows, 1, graphs).fit()
    assert graphs.find(("train_step", True), DeviceRows(rows, first), first) is None
    assert engine(second, rows, 1, graphs).fit().history["loss"][-1] > 0
