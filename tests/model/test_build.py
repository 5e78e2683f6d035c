import keras
import numpy as np
import pytest

from dlrun.errors import ConfigError
from dlrun.model.build import build_model, build_network, keras_name
from dlrun.model.compile import compile_model
from dlrun.model.describe import layer_rows


def layers_of(text):
    return "layers:\n" + "\n".join(f"- {line.strip()}" for line in text.strip().splitlines())


# Parameter counts of published models, each also the sum worked out by hand: Dense (inputs + 1) * units.
@pytest.mark.parametrize(
    ("stack", "shape", "parameters"),
    [
        ("Dense: {units: 8, activation: relu}\nDense: 1", (12,), 113),
        ("Dense: {units: 8, activation: relu}\nDense: {units: 4, activation: relu}\nDense: 1", (12,), 145),
        ("Dense: {units: 18, activation: relu}\nDense: {units: 4, activation: relu}\nDense: 1", (18,), 423),
        ("Dense: {units: 8, activation: relu}\nDense: {units: 3, activation: softmax}", (4,), 67),
        ("Dense: 8\nDense: 8\nDense: {units: 3, activation: softmax}", (4,), 139),
        ("SimpleRNN: 8\nDense: 1", (4, 1), 89),
        ("SimpleRNN: {units: 8, return_sequences: true}\nSimpleRNN: 4\nDense: 1", (4, 1), 137),
        ("LSTM: {units: 8, return_sequences: true}\nLSTM: 8\nDense: 1", (14, 1), 873),
    ],
)
def test_parameters_of_the_reference_stacks(load, shapes, stack, shape, parameters):
    loss = "sparse_categorical_crossentropy" if "softmax" in stack else "mse"
    model = build_model(load(layers_of(stack), compile=f"{{loss: {loss}}}"), shapes(features=shape))
    assert model.count_params() == parameters


@pytest.mark.parametrize(
    ("first", "second", "tail", "parameters"), [(7, 11, (8,), 577), (4, 8, (12, 8), 715)], ids=["carseats", "boston"]
)
def test_parameters_of_the_reference_graphs(load, shapes, first, second, tail, parameters):
    text = """
        inputs: {a: [x1, x2], b: [x3]}
        layers:
        - Dense: {units: 10, activation: relu}
          name: hidden_a
          inputs: a
        - Dense: {units: 20, activation: relu}
          name: hidden_b
          inputs: b
        - Concatenate:
          inputs: [hidden_a, hidden_b]
    """
    text = text.rstrip(" ") + "".join(f"        - Dense: {units}\n" for units in (*tail, 1))
    model = build_model(load(text), shapes(a=(first,), b=(second,)))
    assert model.count_params() == parameters
    assert set(model.input) == {"a", "b"}
    assert model.output.shape == (None, 1)


def test_weights_equal_those_of_a_hand_written_script(load, shapes):
    text = "seed: 7\n" + layers_of(
        "Dense: {units: 16, activation: relu, kernel_initializer: he_normal}\nDropout: 0.3\nLayerNormalization\n"
        "Dense: {units: 1, activation: sigmoid}"
    )
    model = build_model(load(text), shapes(features=(5,)))
    keras.utils.set_random_seed(7)
    script = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu", kernel_initializer="he_normal"),
            keras.layers.Dropout(0.3),
            keras.layers.LayerNormalization(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    script.build((None, 5))
    assert len(model.variables) == len(script.variables)
    for ours, theirs in zip(model.variables, script.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_built_twice_it_is_the_same_by_name_and_by_weight(load, shapes):
    config = load(layers_of("Bidirectional: {layer: {LSTM: {units: 3, dropout: 0.2}}}\nDropout: 0.5\nDense: 1"))
    first, second = (build_model(config, shapes(features=(4, 2))) for _ in range(2))
    assert [layer.name for layer in first.layers] == ["features", "bidirectional", "dropout", "dense"]
    assert [w.path for w in first.weights] == [w.path for w in second.weights]
    for a, b in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_residual_add_and_a_layer_of_several_tensors(load, shapes):
    text = """
        layers:
        - Dense: 8
          name: start
        - Dense: {units: 8, activation: relu}
        - Add:
          inputs: [start, dense]
        - Dense: 1
    """
    model = build_model(load(text), shapes(features=(3,)))
    x = np.ones((2, 3), "float32")
    start, dense, last = (model.get_layer(name) for name in ("start", "dense", "dense_1"))
    by_hand = last(start(x) + dense(start(x)))
    np.testing.assert_allclose(np.asarray(model(x)), np.asarray(by_hand), rtol=1e-6)


def test_two_outputs_keyed_by_target(load, shapes):
    text = """
        data: {source: d.csv, target: [price, 팔림]}
        layers:
        - Dense: 4
          name: shared
        - Dense: 1
          name: price_head
        - Dense: {units: 1, activation: sigmoid}
          name: sold_head
          inputs: shared
        outputs: {price: price_head, 팔림: sold_head}
        compile: {loss: {price: mse, 팔림: binary_crossentropy}}
    """
    model = build_model(load(text), shapes(features=(3,)))
    result = model(np.zeros((2, 3), "float32"))
    assert {name: tuple(value.shape) for name, value in result.items()} == {"price": (2, 1), "팔림": (2, 1)}


ATTENTION = [
    ("MultiHeadAttention: {num_heads: 2, key_dim: 4}", ("a",), (None, 6, 3)),
    ("MultiHeadAttention: {num_heads: 2, key_dim: 4}", ("a", "b"), (None, 6, 3)),
    ("MultiHeadAttention: {num_heads: 2, key_dim: 4}", ("a", "b", "b"), (None, 6, 3)),
    ("Attention:", ("a",), (None, 6, 3)),
    ("Attention:", ("a", "b"), (None, 6, 3)),
    ("AdditiveAttention:", ("a", "b", "b"), (None, 6, 3)),
]


@pytest.mark.parametrize(("layer", "inputs", "shape"), ATTENTION)
def test_attention_takes_query_value_and_key(load, shapes, layer, inputs, shape):
    given = {name: (6, 3) if name == "a" else (5, 3) for name in sorted(set(inputs))}
    declared = ", ".join(f"{name}: [x{name}]" for name in given)
    text = f"inputs: {{{declared}}}\nlayers:\n- {layer}\n  inputs: [{', '.join(inputs)}]"
    assert build_model(load(text), shapes(**given)).output.shape == shape


SAMPLE = [
    ("Conv1D: {filters: 4, kernel_size: 3, padding: causal}", (9, 2), (None, 9, 4)),
    ("Conv2D: {filters: 4, kernel_size: [3, 2], strides: [2, 1]}", (8, 8, 1), (None, 3, 7, 4)),
    ("Conv2DTranspose: {filters: 2, kernel_size: 3, strides: 2}", (4, 4, 1), (None, 9, 9, 2)),
    ("Conv3D: {filters: 2, kernel_size: 2}", (4, 4, 4, 1), (None, 3, 3, 3, 2)),
    ("SeparableConv2D: {filters: 3, kernel_size: 3}", (8, 8, 2), (None, 6, 6, 3)),
    ("DepthwiseConv2D: 3", (8, 8, 2), (None, 6, 6, 2)),
    ("MaxPooling2D: 2", (8, 8, 3), (None, 4, 4, 3)),
    ("AveragePooling1D: {pool_size: 3}", (9, 2), (None, 3, 2)),
    ("GlobalAveragePooling1D", (9, 2), (None, 2)),
    ("Flatten", (3, 4), (None, 12)),
    ("Reshape: {target_shape: [2, -1]}", (8,), (None, 2, 4)),
    ("Permute: {dims: [2, 1]}", (3, 4), (None, 4, 3)),
    ("RepeatVector: 3", (4,), (None, 3, 4)),
    ("Cropping2D: {cropping: [[1, 0], [0, 2]]}", (4, 4, 1), (None, 3, 2, 1)),
    ("ZeroPadding1D: [1, 2]", (4, 1), (None, 7, 1)),
    ("UpSampling2D: [2, 3]", (2, 2, 1), (None, 4, 6, 1)),
    ("Embedding: {input_dim: 50, output_dim: 4}", (7,), (None, 7, 4)),
    ("EinsumDense: {equation: 'abc,cd->abd', output_shape: [3, 5], bias_axes: d}", (3, 4), (None, 3, 5)),
    ("BatchNormalization", (4,), (None, 4)),
    ("GroupNormalization: {groups: 2}", (4,), (None, 4)),
    ("UnitNormalization", (4,), (None, 4)),
    ("SpectralNormalization: {layer: {Dense: 3}}", (4,), (None, 3)),
    ("GaussianNoise: 0.1", (4,), (None, 4)),
    ("SpatialDropout1D: 0.2", (4, 3), (None, 4, 3)),
    ("PReLU: {shared_axes: [1]}", (4, 3), (None, 4, 3)),
    ("LeakyReLU: 0.2", (4,), (None, 4)),
    ("Activation: relu", (4,), (None, 4)),
    ("Masking", (4, 3), (None, 4, 3)),
    ("GRU: {units: 5, reset_after: false}", (4, 3), (None, 5)),
    ("ConvLSTM2D: {filters: 2, kernel_size: 3}", (4, 6, 6, 1), (None, 4, 4, 2)),
    ("RNN: {cell: {StackedRNNCells: {cells: [{LSTMCell: 8}, {GRUCell: 4}]}}}", (5, 2), (None, 4)),
    ("RNN: {cell: {LSTMCell: 6}, return_sequences: true}", (5, 2), (None, 5, 6)),
    ("Bidirectional: {layer: {LSTM: {units: 32}}}", (5, 2), (None, 64)),
    ("Bidirectional: {layer: {GRU: 3}, backward_layer: {GRU: {units: 3, go_backwards: true}}}", (5, 2), (None, 6)),
    ("TimeDistributed: {layer: {Dense: 3}}", (5, 2), (None, 5, 3)),
    ("TimeDistributed: {layer: {Bidirectional: {layer: {LSTM: 2}}}}", (5, 4, 2), (None, 5, 4)),
    ("Rescaling: {scale: 1/255}", (4, 4, 3), (None, 4, 4, 3)),
    ("RandomFlip: horizontal", (4, 4, 3), (None, 4, 4, 3)),
    ("RandomRotation: {factor: [-0.1, 0.1]}", (4, 4, 3), (None, 4, 4, 3)),
    ("Resizing: {height: 6, width: 5}", (4, 4, 3), (None, 6, 5, 3)),
    ("Pipeline: {layers: [{Rescaling: 0.5}, {CenterCrop: {height: 2, width: 2}}]}", (4, 4, 3), (None, 2, 2, 3)),
    ("CategoryEncoding: {num_tokens: 5, output_mode: multi_hot}", (3,), (None, 5)),
]


@pytest.mark.parametrize(("layer", "shape", "expected"), SAMPLE, ids=[s[0].split(":")[0] for s in SAMPLE])
def test_layers_of_every_family(load, shapes, layer, shape, expected):
    model = build_model(load(layers_of(layer)), shapes(features=shape))
    assert model.output.shape == expected


def test_every_layer_of_a_network_is_saved_and_loaded_by_keras(load, shapes, tmp_path):
    stack = """
        Dense: {units: 6, activation: {leaky_relu: {negative_slope: 0.1}}, kernel_regularizer: {L1L2: {l1: 0.1}}}
        Reshape: {target_shape: [3, 2]}
        Bidirectional: {layer: {LSTM: {units: 3, kernel_initializer: {HeNormal: {seed: 3}}}}}
        Dense: {units: 1, kernel_constraint: {MaxNorm: 2}}
    """
    model = build_model(load(layers_of(stack)), shapes(features=(4,)))
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    np.testing.assert_array_equal(np.asarray(model(x)), np.asarray(loaded(x)))


def error_of(load, shapes, text, **inputs):
    with pytest.raises(ConfigError) as caught:
        build_model(load(text), shapes(**(inputs or {"features": (8,)})))
    return str(caught.value)


def test_lstm_on_flat_rows_names_the_window(load, shapes):
    text = error_of(load, shapes, layers_of("Dense: 4\nLSTM: 3\nDense: 1"))
    assert "c.yaml:3:" in text and "LSTM 'lstm' cannot take (rows, 4) from 'dense'" in text
    assert "expected ndim=3, found ndim=2" in text and "preprocessing.window" in text


def test_lstm_on_lstm_names_return_sequences(load, shapes):
    text = error_of(load, shapes, layers_of("LSTM: 4\nLSTM: 3"), features=(5, 2))
    assert "c.yaml:2:" in text and "`return_sequences: true`" in text


def test_conv_on_images_without_channels_names_the_reshape(load, shapes):
    text = error_of(load, shapes, layers_of("Conv2D: {filters: 4, kernel_size: 3}"), features=(8, 8))
    assert "(rows, 8, 8) from 'features'" in text and "`Reshape: {target_shape: [8, 8, 1]}`" in text


def test_pooling_that_leaves_nothing(load, shapes):
    text = error_of(load, shapes, layers_of("MaxPooling2D: 2\nMaxPooling2D: 9"), features=(8, 8, 1))
    assert "c.yaml:3:" in text and "padding: same" in text and "\n" not in text and "\x1b" not in text


def test_shapes_that_do_not_join_are_all_named(load, shapes):
    text = """
        inputs: {a: [p], b: [q]}
        layers:
        - Concatenate:
          inputs: [a, b]
        - Dense: 1
    """
    said = error_of(load, shapes, text, a=(3,), b=(2, 3))
    assert "c.yaml:4:" in said and "(rows, 3) from 'a', (rows, 2, 3) from 'b'" in said and "Flatten" in said


def test_a_layer_of_one_tensor_on_two(load, shapes):
    text = "inputs: {a: [p], b: [q]}\nlayers:\n- Dense: 1\n  inputs: [a, b]"
    assert "Concatenate" in error_of(load, shapes, text, a=(3,), b=(3,))


def test_errors_of_several_layers_are_told_together(load, shapes):
    stack = (
        "Reshape: {target_shape: 3}\nDense: {units: 2, activation: {gelu: {approximate: true}}}\nPermute: {dims: [3]}"
    )
    lines = error_of(load, shapes, layers_of(stack)).splitlines()
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4"]
    assert "Write `gelu` alone" in lines[1] and "must be consecutive" in lines[2]


def test_an_absurd_size_is_an_error_and_not_a_crash(load, shapes):
    assert "need more than this machine's" in error_of(load, shapes, layers_of("Dense: 10000000000000\nDense: 1"))


@pytest.mark.parametrize("name", ["은닉 층", "a/b", "_hidden", "{x}", "hidden.1", "-1"])
def test_names_in_any_script_train_and_are_shown_as_written(load, shapes, tmp_path, name):
    config = load(f"name: 보스턴\nlayers:\n- Dense: 3\n  name: '{name}'\n- Dense: 1\n  inputs: '{name}'")
    network = build_network(config, shapes(**{"나이 (세)": (3,)}))
    model = network.model
    compile_model(model, config)
    model.fit(np.ones((4, 3), "float32"), np.ones((4, 1), "float32"), verbose=0)
    model.save(tmp_path / "m.keras")
    assert keras.models.load_model(tmp_path / "m.keras").count_params() == 16
    assert [row.name for row in layer_rows(network)] == ["나이 (세)", name, "dense"]


def test_a_name_that_keras_takes_is_kept():
    assert [keras_name(name) for name in ("hidden_1", "Iris.8-3", "층", "_x")] == [
        *("hidden_1", "Iris.8-3", "uce35", "layer_x")
    ]


def test_an_input_without_a_shape_says_so(load):
    config = load("inputs: {wide: [a, b]}\nlayers:\n- Dense: 1")
    with pytest.raises(ConfigError, match=r"the shape of input 'wide' is not known without data"):
        build_model(config, config.inputs)


def test_several_tensors_into_a_layer_of_one(load, shapes):
    stack = "LSTM: {units: 3, return_state: true}\nDense: 1"
    assert "return_state" in error_of(load, shapes, layers_of(stack), features=(4, 2))
