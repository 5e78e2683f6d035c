"""Mixed precision: what computes in 16 bits, what in 32, and that nothing else does."""

from contextlib import nullcontext

import keras
import numpy as np
import pytest

from dlrun.errors import ConfigError
from dlrun.model.build import build_model
from dlrun.model.compile import compile_model

HALF = "{loss: mse, mixed_precision: mixed_float16}"
OUTPUTS = {
    "a layer": "- Dense: 4\n- Dense: 1\n",
    "layers with names": (
        "- Dense: 4\n  name: body\n- Dense: 1\n  name: a\n  inputs: body\n- Dense: 1\n  name: b\n  inputs: body\n"
        "outputs: {y: a, z: b}\n"
    ),
    "a layer around another": "- Reshape: {target_shape: [2, 3]}\n- TimeDistributed: {layer: {Dense: 1}}\n",
    "a layer around a cell": "- Reshape: {target_shape: [2, 3]}\n- RNN: {cell: {LSTMCell: 1}}\n",
    "a layer around cells": "- Reshape: {target_shape: [2, 3]}\n- RNN: {cell: [{GRUCell: 2}, {GRUCell: 1}]}\n",
    "an operation": "- Dense: 4\n- ops.mean: {axis: 1, keepdims: true}\n",
    "a network inside": "- Model: {layers: [{Dense: 3}, {Dense: 1}]}\n",
    "a layer that is called twice": (
        "- Dense: 6\n  name: twice\n- shared: twice\n  name: again\n- shared: twice\n  name: last\n"
    ),
    "one of several tensors": (
        "- Reshape: {target_shape: [2, 3]}\n- LSTM: {units: 2, return_state: true}\n  name: lstm\n"
        "outputs: {y: lstm.1}\n"
    ),
}


def built(load, shapes, layers, compile=HALF):
    target = "[y, z]" if "z: b" in layers else "y"
    loss = "{y: mse, z: mse}" if "z: b" in layers else "{y: mse}" if "outputs:" in layers else "mse"
    given = {"data": f"{{source: d.csv, target: {target}}}", "compile": compile.replace("loss: mse", f"loss: {loss}")}
    config = load("layers:\n" + layers, **given)
    model = build_model(config, shapes(features=(6,)))
    compile_model(model, config)
    return model


@pytest.mark.parametrize("name", OUTPUTS)
def test_layers_compute_in_16_bits_and_outputs_are_in_32(load, shapes, name):
    model = built(load, shapes, OUTPUTS[name])
    dtypes = {layer.compute_dtype for layer in model._flatten_layers(include_self=False) if layer.weights}
    assert "float16" in dtypes or name == "one of several tensors"
    assert {tensor.dtype for tensor in keras.tree.flatten(model.output)} == {"float32"}
    assert {weight.dtype for weight in model.weights} == {"float32"}
    rows = np.linspace(0, 1, 12, dtype="float32").reshape(2, 6)
    assert {np.asarray(answer).dtype.name for answer in keras.tree.flatten(model(rows))} == {"float32"}


def test_the_last_layer_computes_in_32_bits_and_one_that_says_otherwise_does_as_it_says(load, shapes):
    model = built(load, shapes, "- Dense: 4\n- Dense: {units: 1, activation: tanh}\n")
    assert [layer.compute_dtype for layer in model.layers[1:]] == ["float16", "float32"]
    model = built(load, shapes, "- Dense: {units: 4, dtype: float32}\n- Dense: {units: 1, dtype: float16}\n")
    assert [layer.compute_dtype for layer in model.layers[1:]] == ["float32", "float16"]


@pytest.mark.parametrize("name", ["a layer around another", "a layer around a cell", "a layer around cells"])
def test_a_layer_is_not_told_another_precision_than_what_computes_inside_of_it(load, shapes, name):
    model = built(load, shapes, OUTPUTS[name])
    (around,) = (layer for layer in model.layers if isinstance(layer, keras.layers.RNN | keras.layers.TimeDistributed))
    inside = [layer for layer in around._flatten_layers(include_self=False) if layer.weights]
    assert inside and {layer.compute_dtype for layer in inside} == {around.compute_dtype} == {"float16"}


def test_the_loss_is_scaled_where_16_bits_are_too_few_for_gradients(load, shapes):
    optimizer = built(load, shapes, OUTPUTS["a layer"]).optimizer
    assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    assert isinstance(optimizer.inner_optimizer, keras.optimizers.RMSprop)
    wide = built(load, shapes, OUTPUTS["a layer"], "{loss: mse, mixed_precision: mixed_bfloat16}")
    assert isinstance(wide.optimizer, keras.optimizers.RMSprop)
    assert [layer.compute_dtype for layer in wide.layers[1:]] == ["bfloat16", "float32"]


@pytest.mark.parametrize("layers", ["- Dense: 1\n", "- Dense: {units: -1}\n"])
def test_other_networks_do_not_notice(load, shapes, layers):
    before = keras.config.dtype_policy().name
    with pytest.raises(ConfigError) if "-1" in layers else nullcontext():
        built(load, shapes, layers)
    assert keras.config.dtype_policy().name == before == "float32"
    plain = built(load, shapes, "- Dense: 1\n", "{loss: mse}")
    assert {layer.dtype_policy.name for layer in plain.layers} == {"float32"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("mixed_float61", "mixed_float16"), ("float16", "mixed_float16"), ("bfloat16", "mixed_bfloat16")],
)
def test_a_wrong_word_is_answered_with_the_nearest_right_one(load, written, meant):
    with pytest.raises(ConfigError, match=f"compile.mixed_precision: expected .* Did you mean '{meant}'"):
        load("layers: [{Dense: 1}]", compile=f"{{loss: mse, mixed_precision: {written}}}")
