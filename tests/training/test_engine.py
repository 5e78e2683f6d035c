"""The engine against plain Python loops over Keras, and against `model.fit`."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from dlrun.config.schema import FitConfig
from dlrun.errors import DivergedError
from dlrun.signals import Interrupted, StopSignals
from dlrun.training.engine import Engine
from dlrun.training.examples import Examples
from dlrun.training.keeper import Keeper
from dlrun.training.order import epoch_order
from tests.training.conftest import weights_hash

SEED = 11


def train(model: Any, rows: Examples, validation: Examples | None = None, **options: Any) -> Any:
    steps = options.pop("steps_per_execution", None)
    engine_options = {k: options.pop(k) for k in ("callbacks", "on_epoch", "keeper", "progress") if k in options}
    fit = FitConfig(**{"epochs": 3, "batch_size": 16, **options})
    engine = Engine(model, rows, validation, settings=fit, seed=SEED, steps_per_execution=steps)
    return engine.fit(engine_options.pop("callbacks", ()), **engine_options)


def plain_loop(model: Any, rows: Examples, epochs: int = 3, batch_size: int = 16) -> None:
    for epoch in range(epochs):
        order = epoch_order(len(rows), SEED, epoch)
        for start in range(0, len(rows), batch_size):
            positions = order[start : start + batch_size]
            weight = None if rows.sample_weight is None else rows.sample_weight[positions]
            model.train_on_batch(rows.x["features"][positions], rows.y[positions], sample_weight=weight)


@pytest.mark.parametrize("batch_size", [16, 15])
def test_weights_are_those_of_a_plain_loop(rows: Examples, build: Callable[..., Any], batch_size: int) -> None:
    ours, plain = build(), build()
    train(ours, rows, batch_size=batch_size)
    plain_loop(plain, rows, batch_size=batch_size)
    assert weights_hash(ours) == weights_hash(plain)


def test_row_weights_are_those_of_a_plain_loop(rows: Examples, build: Callable[..., Any]) -> None:
    weighted = Examples(rows.x, rows.y, np.linspace(0.1, 3, len(rows)).astype("float32"))
    ours, plain, unweighted = build(), build(), build()
    train(ours, weighted)
    plain_loop(plain, weighted)
    plain_loop(unweighted, rows)
    assert weights_hash(ours) == weights_hash(plain) != weights_hash(unweighted)


XLA = """
import types
from dlrun.training.runtime import is_deterministic, start_keras_for
start_keras_for(types.SimpleNamespace(seed=1, compile=types.SimpleNamespace(jit_compile=True)))
import keras, numpy as np
from dlrun.config.schema import FitConfig
from dlrun.training.engine import Engine
from dlrun.training.examples import Examples
def network():
    keras.utils.set_random_seed(5)
    inputs = keras.Input((4,), name="features")
    x = keras.layers.Dropout(0.4)(keras.layers.Dense(8, activation="relu")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile("adam", "mse", jit_compile=True)
    return model
x = np.random.default_rng(1).normal(size=(150, 4)).astype("float32")
ours, theirs = network(), network()
settings = FitConfig(epochs=2, batch_size=16, shuffle=False)
Engine(ours, Examples({"features": x}, x[:, :1]), settings=settings, seed=1).fit()
theirs.fit(x, x[:, :1], batch_size=16, epochs=2, shuffle=False, verbose=0)
same = all(np.array_equal(a, b) for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True))
print(ours.jit_compile, is_deterministic(), same)
"""


@pytest.mark.slow
def test_compiled_by_xla_the_weights_are_those_of_model_fit() -> None:
    found = subprocess.run([sys.executable, "-c", XLA], capture_output=True, text=True, check=True)
    assert found.stdout == "True False True\n"


def test_a_learning_rate_schedule_is_that_of_a_plain_loop(rows: Examples, build: Callable[..., Any]) -> None:
    ours, plain = (build(keras.optimizers.schedules.ExponentialDecay(0.05, 5, 0.8)) for _ in range(2))
    train(ours, rows)
    plain_loop(plain, rows)
    assert weights_hash(ours) == weights_hash(plain)


@pytest.mark.parametrize("layer", ["lstm", "convolution", "embedding"])
def test_other_layers_too(rows: Examples, layer: str) -> None:
    layers = {
        "lstm": lambda: [keras.layers.Reshape((4, 1)), keras.layers.LSTM(4, dropout=0.2)],
        "convolution": lambda: [keras.layers.Reshape((4, 1)), keras.layers.Conv1D(3, 2), keras.layers.Flatten()],
        "embedding": lambda: [keras.layers.ReLU(max_value=8), keras.layers.Embedding(9, 3), keras.layers.Flatten()],
    }

    def network() -> Any:
        keras.utils.set_random_seed(5)
        inputs = x = keras.Input((4,), name="features")
        for next_layer in [*layers[layer](), keras.layers.Dense(1)]:
            x = next_layer(x)
        model = keras.Model(inputs, x)
        model.compile("sgd", "mse", jit_compile=False)
        return model

    ours, plain = network(), network()
    train(ours, rows)
    plain_loop(plain, rows)
    assert weights_hash(ours) == weights_hash(plain)


@pytest.mark.parametrize("batch_size", [16, 20, 25, 400])
def test_history_and_weights_are_those_of_model_fit(rows: Examples, build: Callable[..., Any], batch_size: int) -> None:
    """In the rows' own order `model.fit` computes the same thing, validation and partial batches included.

    TensorFlow divides by a batch size that it knows beforehand by multiplying with its reciprocal. With batches of
    20, the last one smaller, a plain loop over `train_on_batch` knows it and `model.fit` does not, so a batch
    normalization's last bits differ between the two. The engine follows `model.fit`.
    """
    validation = Examples({"features": rows.x["features"][:37]}, rows.y[:37])
    ours, keras_own = build(metrics=("accuracy", "auc")), build(metrics=("accuracy", "auc"))
    history = train(ours, rows, validation, shuffle=False, validation_freq=2, validation_batch_size=10,
                    epochs=4, batch_size=batch_size)  # fmt: skip
    expected = keras_own.fit(
        rows.x["features"], rows.y, batch_size=batch_size, epochs=4, shuffle=False, verbose=0,
        validation_data=(validation.x["features"], validation.y), validation_freq=2, validation_batch_size=10,
    )  # fmt: skip
    assert history.history == expected.history
    assert list(history.history) == list(expected.history)
    assert history.epoch == expected.epoch
    assert weights_hash(ours) == weights_hash(keras_own)


def test_several_inputs_outputs_and_weights_by_output(rows: Examples) -> None:
    x = {"a": rows.x["features"][:, :2], "b": rows.x["features"][:, 1:]}
    y = {"price": rows.x["features"][:, :1], "sold": rows.y}
    weight = {"price": np.ones(len(rows), "float32"), "sold": np.linspace(0, 2, len(rows)).astype("float32")}

    def network() -> Any:
        keras.utils.set_random_seed(5)
        inputs = {"a": keras.Input((2,), name="a"), "b": keras.Input((3,), name="b")}
        joined = keras.layers.Concatenate()(list(inputs.values()))
        outputs = {"price": keras.layers.Dense(1)(joined), "sold": keras.layers.Dense(1, activation="sigmoid")(joined)}
        model = keras.Model(inputs, outputs)
        model.compile("adam", {"price": "mse", "sold": "binary_crossentropy"}, metrics={"sold": ["accuracy"]},
                      loss_weights={"price": 0.5, "sold": 2.0}, jit_compile=False)  # fmt: skip
        return model

    ours, keras_own = network(), network()
    history = train(ours, Examples(x, y, weight), shuffle=False)
    expected = keras_own.fit(x, y, sample_weight=weight, batch_size=16, epochs=3, shuffle=False, verbose=0)
    assert history.history == expected.history
    assert {"price_loss", "sold_accuracy"} < set(history.history)
    assert weights_hash(ours) == weights_hash(keras_own)


class Watcher(keras.callbacks.Callback):
    """Writes down every call and its logs."""

    def __init__(self, batches: bool) -> None:
        super().__init__()
        self.calls: list[Any] = []
        hooks = ["train_begin", "train_end", "epoch_begin", "epoch_end", "test_begin", "test_end"]
        hooks += ["train_batch_begin", "train_batch_end", "test_batch_begin", "test_batch_end"] if batches else []
        for hook in hooks:
            setattr(self, f"on_{hook}", self._recorder(hook))

    def _recorder(self, hook: str) -> Callable[..., None]:
        def record(*arguments: Any, logs: Any = None) -> None:
            self.calls.append((hook, *arguments, logs, self.model.optimizer.iterations.numpy(), dict(self.params)))

        return record


@pytest.mark.parametrize(("batches", "steps"), [(True, None), (False, None), (True, 2)])
def test_callbacks_hear_what_they_hear_from_model_fit(
    rows: Examples, build: Callable[..., Any], batches: bool, steps: int | None
) -> None:
    ours, keras_own = Watcher(batches), Watcher(batches)
    validation = Examples({"features": rows.x["features"][:80]}, rows.y[:80])
    train(build(), rows, validation, shuffle=False, callbacks=[ours], batch_size=40, steps_per_execution=steps)
    build(steps_per_execution=steps or 1).fit(
        rows.x["features"], rows.y, batch_size=40, epochs=3, shuffle=False, verbose=0, callbacks=[keras_own],
        validation_data=(validation.x["features"], validation.y),
    )  # fmt: skip
    assert ours.calls == keras_own.calls
    assert len(ours.calls) == 2 + 3 * (4 + (0 if not batches else 12 if steps is None else 6))


def keras_callbacks(folder: Path) -> list[Any]:
    return [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        keras.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=1, min_delta=0.02),
        keras.callbacks.CSVLogger(str(folder / "log.csv")),
        keras.callbacks.ModelCheckpoint(
            f"{folder}/{{epoch:03d}}.weights.h5", save_best_only=True, save_weights_only=True
        ),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, min_delta=0.01, restore_best_weights=True),
    ]


def test_keras_own_callbacks_do_what_they_do_under_model_fit(
    rows: Examples, build: Callable[..., Any], tmp_path: Path
) -> None:
    ours, keras_own = build(0.05), build(0.05)
    validation = Examples({"features": rows.x["features"][:50]}, rows.y[:50])
    for folder in ("ours", "keras"):
        (tmp_path / folder).mkdir()
    history = train(ours, rows, validation, shuffle=False, epochs=40, callbacks=keras_callbacks(tmp_path / "ours"))
    expected = keras_own.fit(
        rows.x["features"], rows.y, batch_size=16, epochs=40, shuffle=False, verbose=0,
        callbacks=keras_callbacks(tmp_path / "keras"), validation_data=(validation.x["features"], validation.y),
    )  # fmt: skip
    assert 4 < len(expected.epoch) < 40  # it did stop early
    assert history.history == expected.history
    assert weights_hash(ours) == weights_hash(keras_own)
    assert (tmp_path / "ours/log.csv").read_text() == (tmp_path / "keras/log.csv").read_text()
    names = [sorted(file.name for file in (tmp_path / folder).iterdir()) for folder in ("ours", "keras")]
    assert names[0] == names[1]


def test_backup_and_restore_goes_on_where_it_was(rows: Examples, build: Callable[..., Any], tmp_path: Path) -> None:
    for epochs, expected in ((2, [0, 1]), (5, [2, 3, 4])):
        callback = keras.callbacks.BackupAndRestore(str(tmp_path), delete_checkpoint=False)
        assert train(build(), rows, epochs=epochs, callbacks=[callback]).epoch == expected


def test_a_callback_may_stop_inside_an_epoch(rows: Examples, build: Callable[..., Any]) -> None:
    def stop(batch: int, logs: Any) -> None:
        model.stop_training = batch == 2

    model = build()
    history = train(model, rows, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=stop)])
    assert len(history.epoch) == 1
    assert model.optimizer.iterations.numpy() == 3


class SpyPace:
    """How many calls into the graph an epoch took."""

    def __init__(self) -> None:
        self.ends: list[int] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None

    def batch_end(self, epoch: int, batch: int, logs: Any) -> None:
        if epoch == 2:
            self.ends.append(batch)


@pytest.mark.parametrize(
    ("callback", "every_batch"),
    [
        (lambda folder: keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None), True),
        (lambda folder: keras.callbacks.ModelCheckpoint(f"{folder}/x.weights.h5", save_weights_only=True), False),
    ],
)
def test_batches_go_one_by_one_only_where_a_callback_looks(
    rows: Examples, build: Callable[..., Any], tmp_path: Path, callback: Callable[[str], Any], every_batch: bool
) -> None:
    spy = SpyPace()
    train(build(), rows, batch_size=2, callbacks=[callback(str(tmp_path))], progress=spy)
    assert (spy.ends == list(range(75))) if every_batch else (len(spy.ends) < 20 and spy.ends[-1] == 74)


def test_a_loss_that_is_not_finite_ends_the_run_at_its_batch(rows: Examples, build: Callable[..., Any]) -> None:
    x, kernel = rows.x["features"].copy(), build().get_weights()[0]
    # One unit's sum overflows, so its batch's mean does, and inf - inf is NaN in whatever order a processor adds.
    x[77] = 3e38 * np.sign(kernel[:, np.abs(kernel).sum(axis=0).argmax()])
    bad = Examples({"features": x}, rows.y)
    batch = int(np.flatnonzero(epoch_order(len(rows), SEED, 0) == 77)[0]) // 16 + 1
    seen = Watcher(batches=False)
    with pytest.raises(DivergedError, match=rf"loss became NaN in epoch 1, batch {batch}\. .*unscaled inputs.*3e\+38"):
        train(build(), bad, callbacks=[seen])
    assert [call[0] for call in seen.calls] == ["train_begin", "epoch_begin"]


def test_a_high_learning_rate_is_named(rows: Examples, build: Callable[..., Any]) -> None:
    model = build(1e-2)
    model.compile(keras.optimizers.SGD(1e30), "mse", jit_compile=False)
    with pytest.raises(DivergedError, match=r"epoch [12].*a learning rate that is high \(1e\+30; try 1e\+29"):
        train(model, Examples(rows.x, rows.y * 1e3))


def test_a_validation_loss_that_is_not_finite_never_becomes_the_best(
    rows: Examples, build: Callable[..., Any], tmp_path: Path
) -> None:
    validation = Examples({"features": rows.x["features"][:5]}, np.full((5, 1), np.nan, "float32"))
    callback = keras.callbacks.ModelCheckpoint(str(tmp_path / "best.keras"), save_best_only=True)
    with pytest.raises(DivergedError, match="val_loss became NaN in epoch 1"):
        train(build(), rows, validation, callbacks=[callback])
    assert list(tmp_path.iterdir()) == []


def test_a_monitored_metric_that_is_not_finite_never_becomes_the_best(
    rows: Examples, build: Callable[..., Any]
) -> None:
    def spoiled(y_true: Any, y_pred: Any) -> Any:
        return y_pred * math.nan

    model = build()
    model.compile("sgd", "mse", metrics=[spoiled], jit_compile=False)
    train(model, rows)  # nobody watches it, so it does no harm
    with pytest.raises(DivergedError, match="spoiled became NaN in epoch 1"):
        train(model, rows, callbacks=[keras.callbacks.EarlyStopping(monitor="spoiled", mode="min")])


def test_a_signal_stops_between_two_batches(rows: Examples, build: Callable[..., Any]) -> None:
    signals = StopSignals()

    def interrupt(batch: int, logs: Any) -> None:
        signals.received = 2 if batch == 3 else 0

    model = build()
    with pytest.raises(Interrupted, match="SIGINT"):
        callback = keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)
        train(model, rows, keeper=Keeper(signals), callbacks=[callback])
    assert model.optimizer.iterations.numpy() == 4


def test_logs_reach_on_epoch_as_history_has_them(rows: Examples, build: Callable[..., Any]) -> None:
    written: list[dict[str, float]] = []
    callbacks = [keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))]
    history = train(build(), rows, callbacks=callbacks, on_epoch=lambda epoch, logs: written.append(dict(logs)))
    assert [logs["learning_rate"] for logs in written] == pytest.approx([0.1, 0.05, 0.1 / 3], rel=1e-6)
    assert {name: [logs[name] for logs in written] for name in written[0]} == history.history
