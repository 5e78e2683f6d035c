"""Graphs against the same graphs written with Keras by hand: the same weights give the same outputs, bit for bit."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from dlrun.errors import ConfigError
from dlrun.model.build import build_network
from dlrun.model.describe import layer_rows


@pytest.fixture
def network(load, shapes):
    """Return a function that builds the network of a config's layers on inputs of some shapes."""

    def build(text, **inputs):
        declared = ", ".join(f"{name}: {{shape: {list(shape)}}}" for name, shape in inputs.items())
        given = {"inputs": f"{{{declared}}}", "data": "null", "compile": "null", "fit": "null"}
        return build_network(load(text, **given), shapes(**inputs))

    return build


def same(model, by_hand, *arrays):
    """Tell whether a network and one written by hand give the same, once they have the same weights."""
    assert [w.shape for w in model.weights] == [w.shape for w in by_hand.weights]
    model.set_weights(by_hand.get_weights())
    given = list(arrays) if len(arrays) > 1 else arrays[0]
    found = keras.tree.flatten(model(dict(zip(model.input, arrays, strict=True)) if len(arrays) > 1 else given))
    wanted = keras.tree.flatten(by_hand(given))
    return len(found) == len(wanted) and all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_a_shared_model_and_arithmetic(network):
    found = network(
        """
        layers:
        - Model: {layers: [{Dense: {units: 4, activation: tanh}}, {Dense: 3}]}
          name: encoder
          inputs: a
        - shared: encoder
          name: other
          inputs: b
        - ops.subtract:
          inputs: [encoder, other]
        - ops.abs
        - Dense: 1
        """,
        a=(8,),
        b=(8,),
    )
    a, b = keras.Input((8,)), keras.Input((8,))
    encoder = keras.Sequential([layers.Dense(4, activation="tanh"), layers.Dense(3)])
    by_hand = keras.Model([a, b], layers.Dense(1)(keras.ops.abs(encoder(a) - encoder(b))))
    assert same(found.model, by_hand, numbers(5, 8), numbers(5, 8) + 1)
    rows = {row.name: row for row in layer_rows(found)}
    assert (rows["encoder"].type, rows["encoder"].parameters) == ("Model", 51)
    assert (rows["other"].type, rows["other"].parameters, rows["other"].output_shape) == (
        "shared encoder",
        0,
        (None, 3),
    )
    assert sum(row.parameters for row in rows.values()) == found.model.count_params() == 55


def test_states_attention_and_arguments_by_name(network):
    found = network(
        """
        layers:
        - LSTM: {units: 8, return_state: true, return_sequences: true}
          inputs: q
        - LSTM: {units: 8, return_sequences: true}
          name: decoder
          inputs: {sequences: v, initial_state: [lstm.1, lstm.2]}
        - MultiHeadAttention: {num_heads: 2, key_dim: 4}
          inputs: {value: decoder, query: lstm.0, use_causal_mask: true}
        - Bidirectional: {layer: {GRU: 3}}
        - Dense: 1
        """,
        q=(5, 6),
        v=(5, 6),
    )
    q, v = keras.Input((5, 6)), keras.Input((5, 6))
    steps, h, c = layers.LSTM(8, return_state=True, return_sequences=True)(q)
    decoded = layers.LSTM(8, return_sequences=True)(v, initial_state=[h, c])
    attended = layers.MultiHeadAttention(2, 4)(query=steps, value=decoded, use_causal_mask=True)
    by_hand = keras.Model([q, v], layers.Dense(1)(layers.Bidirectional(layers.GRU(3))(attended)))
    assert same(found.model, by_hand, numbers(4, 5, 6), numbers(4, 5, 6) * 2)


def test_a_model_in_a_wrapper_and_an_index(network):
    found = network(
        """
        layers:
        - TimeDistributed: {layer: {Model: {inputs: {i: {shape: [6]}}, layers: [{Dense: 4}, {Dense: 3}]}}}
        - ops.get_item: ":, 1:, ::2"
        - ops.mean: {axis: 1, keepdims: true}
        - ops.concatenate: -1
          inputs: [mean, mean]
        - Flatten
        - ops.multiply: {x2: 0.5}
        """,
        x=(5, 6),
    )
    x = keras.Input((5, 6))
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(4), layers.Dense(3)])
    y = keras.ops.mean(layers.TimeDistributed(inner)(x)[:, 1:, ::2], axis=1, keepdims=True)
    by_hand = keras.Model(x, keras.ops.multiply(layers.Flatten()(keras.ops.concatenate([y, y], axis=-1)), 0.5))
    assert same(found.model, by_hand, numbers(3, 5, 6))


def test_a_nested_model_with_several_outputs_by_name(network):
    found = network(
        """
        layers:
        - Model:
            layers:
            - Dense: 4
              name: h
            - Dense: 2
              name: m
            - Dense: 2
              name: s
              inputs: h
            outputs: {mean: m, spread: s}
          name: both
        - Concatenate:
          inputs: [both.spread, both.mean]
        outputs: {p: both.mean, q: concatenate}
        """,
        x=(3,),
    )
    x = keras.Input((3,))
    inner_x = keras.Input((3,))
    h = layers.Dense(4)(inner_x)
    mean, spread = keras.Model(inner_x, [layers.Dense(2)(h), layers.Dense(2)(h)])(x)
    assert same(found.model, keras.Model(x, [mean, layers.Concatenate()([spread, mean])]), numbers(4, 3))


def test_a_network_of_keras_applications_frozen_up_to_a_layer(network):
    found = network(
        """
        layers:
        - MobileNet: {weights: null, include_top: false, alpha: 0.25, pooling: avg, freeze: conv_pw_12_relu}
        - Dense: 1
        """,
        x=(32, 32, 3),
    )
    base = keras.applications.MobileNet(
        weights=None, include_top=False, alpha=0.25, pooling="avg", input_shape=(32, 32, 3)
    )
    x = keras.Input((32, 32, 3))
    assert same(found.model, keras.Model(x, layers.Dense(1)(base(x))), numbers(2, 32, 32, 3))
    trained = {w.path.split("/")[-2] for w in found.model.trainable_weights}
    assert trained == {"conv_dw_13", "conv_dw_13_bn", "conv_pw_13", "conv_pw_13_bn", "dense"}


def test_a_layer_of_the_users_own_wraps_another(network, tmp_path):
    (tmp_path / "twice.py").write_text(
        "import keras\n\n\n@keras.saving.register_keras_serializable('twice')\nclass Twice(keras.layers.Wrapper):\n"
        "    def call(self, x):\n        return self.layer(self.layer(x))\n",
        encoding="utf-8",
    )
    from dlrun.config import load_config
    from dlrun.training.network import build_model

    (tmp_path / "c.yaml").write_text(
        "code: twice.py\ninputs: {x: {shape: [4]}}\nlayers: [{Twice: {layer: {Dense: 4}}}]\n", encoding="utf-8"
    )
    model = build_model(load_config(tmp_path / "c.yaml", trust=True), trust=True)
    kernel, bias = model.get_weights()
    x = numbers(2, 4)
    assert np.allclose(model(x), (x @ kernel + bias) @ kernel + bias, atol=1e-5)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[{LSTM: {units: 2, return_state: true}}, {Dense: 1, inputs: lstm.3}]", "There are: lstm.0, lstm.1, lstm.2."),
        ("[{Dense: 2}, {Dense: 1, inputs: dense.0}]", "'dense' gives one tensor, and 'dense.0' is none of them"),
        ("[{LSTM: {units: 2, return_state: true}}]", "'lstm' gives 3 tensors, and an output is one"),
        ("[{Model: {inputs: [a, b], layers: [{Add: , inputs: [a, b]}]}}]", "takes 2 inputs (a, b), got 1"),
        ("[{MobileNet: {weights: null}}]", "MobileNet"),
        ("[{ops.get_item: 'a:b'}]", "'a:b' is no index"),
        ("[{TimeDistributed: {layer: {Model: {layers: [{Dense: 3}]}}}}]", "the shape of 'input' is not known"),
        ("[{ops.add: {x1: 1.0, x2: 2.0}}]", "ops.add takes 0 tensors, got 1"),
    ],
)
def test_what_cannot_be_built_is_told_at_its_line(network, written, told):
    with pytest.raises(ConfigError) as caught:
        network(f"layers: {written}", x=(5, 4))
    assert told in str(caught.value) and "c.yaml:1" in str(caught.value)
