import re

import keras
import numpy as np
import pytest

from dlrun.config.checks.monitors import metric_columns
from dlrun.errors import ConfigError
from dlrun.model.build import build_model
from dlrun.model.compile import compile_model

BINARY = "layers:\n- Dense: {units: 1, activation: sigmoid}"


def trained(config, shapes, y, columns=3):
    model = build_model(config, shapes(features=(columns,)))
    compile_model(model, config)
    rows = len(next(iter(y.values())) if isinstance(y, dict) else y)
    x = np.random.default_rng(0).normal(size=(rows, columns)).astype("float32")
    history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    return model, x, {name: values[0] for name, values in history.items()}


def test_optimizer_loss_and_settings(load, shapes):
    config = load(
        BINARY,
        compile="{optimizer: {AdamW: {learning_rate: 0.02, clipnorm: 1}}, loss: {BinaryCrossentropy: "
        "{label_smoothing: 0.1}}, steps_per_execution: 3}",
    )
    model = build_model(config, shapes(features=(3,)))
    compile_model(model, config, steps_per_execution=8)
    assert type(model.optimizer) is keras.optimizers.AdamW
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02) and model.optimizer.clipnorm == 1
    assert model.loss.get_config()["label_smoothing"] == 0.1
    assert model.steps_per_execution == 3 and model.jit_compile is False


def test_the_optimizer_of_the_default_and_steps_chosen_by_the_caller(load, shapes):
    config = load("layers:\n- Dense: 1")
    model = build_model(config, shapes(features=(3,)))
    compile_model(model, config, steps_per_execution=8)
    assert type(model.optimizer) is keras.optimizers.RMSprop and model.steps_per_execution == 8
    compile_model(model, config)
    assert model.steps_per_execution == 1


METRICS = [
    "[accuracy]",
    "[acc, AUC, {AUC: {curve: PR}}, {AUC: {num_thresholds: 50}}]",
    "[F1Score, {F1Score: {threshold: 0.5}}, {FBetaScore: {beta: 2.0, threshold: 0.5, name: f2}}]",
    "[Precision, Recall, {Precision: {thresholds: 0.3}}, BinaryAccuracy, {BinaryAccuracy: {threshold: 0.4}}]",
    "[mae, MeanSquaredError, RootMeanSquaredError, R2Score, {R2Score: {class_aggregation: null}}]",
    "[bce, {MeanAbsoluteError: {dtype: float32}}, {MeanIoU: {num_classes: 2}}]",
]


@pytest.mark.parametrize("metrics", METRICS)
def test_history_holds_one_number_under_each_expected_name(load, shapes, metrics):
    keras.metrics.AUC(), keras.metrics.Precision()  # Keras's own counting of names must not show
    config = load(BINARY, compile=f"{{loss: binary_crossentropy, metrics: {metrics}, weighted_metrics: [accuracy]}}")
    y = np.array([[0.0], [1.0]] * 8, "float32")
    _, _, history = trained(config, shapes, y)
    assert all(np.ndim(value) == 0 for value in history.values())
    expected = metric_columns(config)
    assert set(history) == {*expected, *(f"val_{name}" for name in expected)}


def test_f1_and_r2_agree_with_scikit_learn(load, shapes):
    from sklearn.metrics import f1_score, r2_score

    config = load(BINARY, compile="{loss: binary_crossentropy, metrics: [{F1Score: {threshold: 0.5}}, R2Score]}")
    y = np.array([[0.0], [1.0], [1.0], [0.0]] * 5, "float32")
    model, x, history = trained(config, shapes, y)
    predicted = model.predict(x, verbose=0)
    assert history["val_f1_score"] == pytest.approx(f1_score(y, predicted >= 0.5), abs=1e-6)
    assert history["val_R2Score"] == pytest.approx(r2_score(y, predicted), abs=1e-6)


def test_accuracy_follows_the_loss(load, shapes):
    layers = "layers:\n- Dense: {units: 3, activation: softmax}"
    config = load(layers, compile="{loss: sparse_categorical_crossentropy, metrics: [accuracy]}")
    y = np.array([0, 1, 2, 0] * 3)
    model, x, history = trained(config, shapes, y)
    hits = model.predict(x, verbose=0).argmax(axis=1) == y
    assert history["val_accuracy"] == pytest.approx(hits.mean(), abs=1e-6)
    one_hot = load(layers, compile="{loss: categorical_crossentropy, metrics: [accuracy, F1Score]}")
    model, x, history = trained(one_hot, shapes, np.eye(3, dtype="float32")[y])
    hits = model.predict(x, verbose=0).argmax(axis=1) == y
    assert history["val_accuracy"] == pytest.approx(hits.mean(), abs=1e-6)
    assert 0 <= history["val_F1Score"] <= 1


def test_accuracy_of_several_binary_labels_counts_each_label(load, shapes):
    config = load(
        "layers:\n- Dense: {units: 2, activation: sigmoid}",
        data="{source: d.csv, target: [a, b]}",
        compile="{loss: binary_crossentropy, metrics: [accuracy]}",
    )
    y = np.array([[0, 1], [1, 1], [0, 0], [1, 0]] * 4, "float32")
    model, x, history = trained(config, shapes, y)
    hits = (model.predict(x, verbose=0) > 0.5) == y
    assert history["val_accuracy"] == pytest.approx(hits.mean(), abs=1e-6)


TWO_HEADS = """
    data: {source: d.csv, target: [price, sold]}
    layers:
    - Dense: 4
      name: shared
    - Dense: 1
      name: price_head
    - Dense: {units: 1, activation: sigmoid}
      name: sold_head
      inputs: shared
    outputs: {price: price_head, sold: sold_head}
    compile:
      loss: {price: mse, sold: binary_crossentropy}
      loss_weights: {price: 0.5, sold: 2.0}
      metrics: {price: [mae, R2Score], sold: [accuracy, AUC]}
      weighted_metrics: {sold: [accuracy]}
"""


def test_two_outputs_are_keyed_by_target(load, shapes):
    config = load(TWO_HEADS)
    y = {"sold": np.array([[0.0], [1.0]] * 6, "float32"), "price": np.arange(12.0, dtype="float32").reshape(-1, 1)}
    model, x, history = trained(config, shapes, y)
    expected = metric_columns(config)
    assert {"price_loss", "price_mae", "sold_accuracy", "sold_weighted_accuracy"} <= set(expected)
    assert set(history) == {*expected, *(f"val_{name}" for name in expected)}
    result = model.predict(x, verbose=0)
    mse = float(np.mean((result["price"] - y["price"]) ** 2))
    assert history["val_price_loss"] == pytest.approx(mse, rel=1e-5)
    total = 0.5 * history["val_price_loss"] + 2.0 * history["val_sold_loss"]
    assert history["val_loss"] == pytest.approx(total, rel=1e-5)


def test_targets_whose_names_are_no_ascii(load, shapes):
    names = {"price_head": "price_head", "price": "값 (원)", "sold": "판매"}
    text = re.sub(r"\bprice(?:_head)?\b|\bsold\b", lambda found: names[found[0]], TWO_HEADS)
    config = load(text)
    y = {"판매": np.array([[0.0], [1.0]] * 6, "float32"), "값 (원)": np.arange(12.0, dtype="float32").reshape(-1, 1)}
    model = build_model(config, shapes(features=(3,)))
    compile_model(model, config)
    assert all(not np.any(np.asarray(variable)) for metric in model.metrics for variable in metric.variables)
    _, _, history = trained(config, shapes, y)
    assert {"값 (원)_loss", "값 (원)_mae", "판매_accuracy", "val_판매_loss"} <= set(history)
    total = 0.5 * history["val_값 (원)_loss"] + 2.0 * history["val_판매_loss"]
    assert history["val_loss"] == pytest.approx(total, rel=1e-5)


def test_one_output_by_name_has_no_prefix(load, shapes):
    config = load("""
        layers:
        - Dense: 1
          name: head
        outputs: {y: head}
        compile: {loss: {y: mse}, metrics: {y: [mae]}}
    """)
    _, _, history = trained(config, shapes, {"y": np.ones((6, 1), "float32")})
    assert set(history) == {"loss", "mae", "val_loss", "val_mae"} == {*metric_columns(config), "val_loss", "val_mae"}


def test_without_compile_it_says_what_to_write(tmp_path, shapes):
    from dlrun.config import load_config

    (tmp_path / "c.yaml").write_text("inputs: {x: {shape: [3]}}\nlayers: [{Dense: 1}]\n", encoding="utf-8")
    config = load_config(tmp_path / "c.yaml")
    model = build_model(config, config.inputs)
    assert model.count_params() == 4
    with pytest.raises(ConfigError, match="'compile' is missing"):
        compile_model(model, config)
