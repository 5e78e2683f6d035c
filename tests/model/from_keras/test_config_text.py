"""What an imported model reads like, and what is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import keras
import pytest
from keras import Input, Model, layers

from dlrun.config import load_config
from dlrun.errors import ConfigError
from dlrun.model.from_keras.config_text import config_text
from dlrun.model.from_keras.read_file import read_model_file
from dlrun.training.network import build_model


def text_of(model):
    """Return the lines that a person would write: without the comments around."""
    found = config_text(json.loads(model.to_json()), Path("m.yaml"), Path("m.json")).text
    return "\n".join(line for line in found.splitlines() if line and not line.startswith("#"))


def test_mixed_precision_is_one_line():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        x = inputs = Input((13,), name="rows")
        x = layers.Dense(8)(x)
        x = layers.Dense(6, dtype="float32")(x)
        model = Model(inputs, layers.Dense(1, dtype="float32")(layers.Dense(4)(x)))
        half = Model(inputs, layers.Dense(1)(layers.Dense(4)(x)))
        model.compile("sgd", "mse")
        half.compile("sgd", "mse")
    finally:
        keras.config.set_dtype_policy(before)
    text = text_of(model)
    stack = "layers:\n  - Dense: 8\n  - Dense: {units: 6, dtype: float32}\n  - Dense: 4\n  - Dense: 1\n"
    assert stack in text and text.endswith("loss: mse\n  mixed_precision: mixed_float16")
    assert "- Dense: {dtype: mixed_float16, units: 1}" in text_of(half)
    uncompiled = Model(model.input, model.output)
    assert "mixed_precision" not in text_of(uncompiled) and "- Dense: {dtype: mixed_float16, units: 8}" in text_of(
        uncompiled
    )


def test_what_keras_does_not_keep_of_a_loss_is_told():
    model = keras.Sequential([Input((4,)), layers.Dense(1)])
    notes = []
    for loss in (keras.losses.Huber(delta=2.0), "huber", keras.losses.LogCosh()):
        model.compile("sgd", loss)
        notes.append(config_text(json.loads(model.to_json()), Path("m.yaml"), Path("m.json")).notes)
    assert notes == [("Keras keeps no delta of Huber in its files; the default 1.0 is taken",), (), ()]


@pytest.mark.parametrize(("halves", "is_policy"), [(3, True), (2, False), (1, False)])
def test_a_precision_is_the_configs_where_more_than_half_of_the_layers_have_it(halves, is_policy):
    dtypes = ["mixed_bfloat16"] * halves + ["float32"] * (4 - halves)
    model = keras.Sequential(
        [Input((4,)), *(layers.Dense(3 + i, dtype=d) for i, d in enumerate(dtypes)), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    text = text_of(model)
    assert ("  mixed_precision: mixed_bfloat16" in text) == is_policy
    assert text.count("dtype: float32") == (1 if is_policy else 0)
    assert text.count("dtype: mixed_bfloat16") == (0 if is_policy else halves)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("ending", [[], [{"units": 2}]])
@pytest.mark.parametrize("wrapper", ["RNN", "Bidirectional"])
def test_what_stands_inside_of_a_layer_keeps_its_precision(wrapper, ending, dtype, tmp_path):
    inside = {"RNN": layers.LSTMCell, "Bidirectional": layers.LSTM}[wrapper](3, dtype=dtype)
    around = getattr(layers, wrapper)(inside, dtype=dtype)
    half = [layers.Dense(3, dtype="mixed_bfloat16") for _ in range(3)]
    model = keras.Sequential([Input((5, 4)), *half, around, *(layers.Dense(**args) for args in ending)])
    model.compile("sgd", "mse")
    (tmp_path / "m.yaml").write_text(text_of(model), encoding="utf-8")
    again = build_model(load_config(tmp_path / "m.yaml"))
    kept = [layer for layer in again.layers if layer.name != "output_float32"]  # which makes 32 bits of 16, no more
    wanted, found = (
        [x.dtype_policy.name for y in these for x in y._flatten_layers()] for these in (model.layers, kept[1:])
    )
    assert found == wanted


def test_a_stack_is_short():
    model = keras.Sequential(
        [
            Input((13,)),
            layers.Dense(8, activation="relu", kernel_initializer="he_normal", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid", name="sold"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(3e-3, clipnorm=1.0),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=0.1),
        metrics=["mae"],
    )
    assert (
        text_of(model)
        == """\
inputs:
  x: {shape: [13]}
layers:
  - Dense: {units: 8, activation: relu, kernel_initializer: he_normal, kernel_regularizer: l2}
  - BatchNormalization
  - Dropout: 0.3
  - Dense: {units: 1, activation: sigmoid}
    name: sold
compile:
  optimizer: {Adam: {learning_rate: 0.003, clipnorm: 1.0}}
  loss: {BinaryCrossentropy: {label_smoothing: 0.1}}
  metrics: [mae]"""
    )


def test_layers_that_repeat_are_folded():
    x = inputs = Input((6,), name="features")
    for _ in range(4):
        x = layers.Add()([layers.Dense(6, activation="relu")(x), x])
    assert (
        text_of(Model(inputs, layers.Dense(1)(x)))
        == """\
inputs:
  features: {shape: [6]}
layers:
  - repeat:
      times: 4
      layers:
        - Dense: {units: 6, activation: relu}
        - Add:
          inputs: [above, input]
  - Dense: 1"""
    )


def test_pieces_that_differ_in_numbers_become_a_block():
    x = inputs = Input((16, 16, 3))
    for filters in (4, 8, 8, 16, 32):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(padding="same")(x)
    assert (
        text_of(Model(inputs, layers.Flatten()(x)))
        == """\
inputs:
  x: {shape: [16, 16, 3]}
blocks:
  conv_bn:
    arguments: [filters]
    layers:
      - Conv2D: {filters: "${filters}", kernel_size: 3, padding: same, use_bias: false}
      - BatchNormalization
      - ReLU
      - MaxPooling2D: {padding: same}
layers:
  - conv_bn: 4
  - conv_bn: 8
  - conv_bn: 8
  - conv_bn: 16
  - conv_bn: 32
  - Flatten"""
    )


def test_several_outputs_are_compiled_by_their_names():
    x = Input((4,), name="x")
    model = Model(x, [layers.Dense(1, name="price")(x), layers.Dense(1, activation="sigmoid", name="sold")(x)])
    model.compile("sgd", loss=["mse", "binary_crossentropy"], metrics=[["mae"], ["accuracy"]], loss_weights=[1.0, 0.5])
    assert (
        text_of(model).partition("outputs:")[2]
        == """
  price: price
  sold: sold
compile:
  optimizer: {SGD: {learning_rate: 0.01}}
  loss: {price: mse, sold: binary_crossentropy}
  loss_weights: {price: 1.0, sold: 0.5}
  metrics: {price: [mae], sold: [accuracy]}"""
    )


def test_what_cannot_be_trained_so_stays_a_comment():
    model = keras.Sequential([Input((4,)), layers.Dense(1, activation="softmax")])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    found = config_text(json.loads(model.to_json()), Path("m.yaml"), Path("m.json"))
    assert "#   loss: sparse_categorical_crossentropy" in found.text
    assert found.notes == ("dlrun cannot train it as it was compiled; `compile` is left as a comment",)


def test_each_layer_says_its_precision_where_compile_is_a_comment():
    half = {"dtype": "mixed_float16"}
    ending = layers.Dense(1, activation="softmax", dtype="float32")
    model = keras.Sequential([Input((4,)), layers.Dense(3, **half), layers.Dense(2, **half), ending])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    found = config_text(json.loads(model.to_json()), Path("m.yaml"), Path("m.json"))
    assert "#   loss: sparse_categorical_crossentropy" in found.text and "mixed_precision" not in found.text
    for units in (3, 2):
        assert f"  - Dense: {{dtype: mixed_float16, units: {units}}}\n" in found.text


def test_a_class_of_the_users_own_is_named_under_code(tmp_path):
    described = json.loads(keras.Sequential([Input((4,)), layers.Dense(3)]).to_json())
    described["config"]["layers"][1] |= {"class_name": "Gate", "module": "mine", "registered_name": "mine>Gate"}
    described["config"]["layers"][1]["config"] = {"name": "gate", "trainable": True, "dtype": "float32", "width": 3}
    found = config_text(described, Path("m.yaml"), Path("m.json"))
    assert found.custom == ("Gate",)
    assert "code: my_layers.py" in found.text and "- Gate: {width: 3}" in found.text
    (tmp_path / "m.yaml").write_text(found.text, encoding="utf-8")
    assert load_config(tmp_path / "m.yaml").layers[0].args == {"width": 3}


def described(**layer):
    """Return the description of a model of one layer, some of it changed."""
    found = json.loads(keras.Sequential([Input((4,)), layers.Dense(3, name="d")]).to_json())
    found["config"]["layers"][1] |= layer
    return found


@pytest.mark.parametrize(
    ("make", "told"),
    [  # models are made in the test: while tests are collected nobody has told TensorFlow how many threads to take
        (lambda: described(class_name="Lambda"), "layer 'd' is a Lambda. It takes Python code"),
        (lambda: described(class_name="TFSMLayer"), "layer 'd' is a TFSMLayer"),
        (lambda: described(class_name="A\n  - os", module="x"), "cannot be the name of a class"),
        (
            lambda: described(class_name="Own", config={"name": "d", "a: b}": 1}),
            "'a: b}' cannot be the name of a class or an",
        ),
        (
            lambda: {"class_name": "Mine", "config": {"name": "net"}},
            "'net' is a Mine, a model whose layers only its code",
        ),
        (lambda: {"class_name": "Sequential", "config": {"name": "s", "layers": []}}, "'s' has no layers"),
        (lambda: {"class_name": "Functional", "config": {"layers": [3]}}, "not one that Keras writes"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_an_error(make, told):
    with pytest.raises(ConfigError) as caught:
        config_text(make(), Path("m.yaml"), Path("m.json"))
    assert told in str(caught.value)


def test_text_in_a_model_stays_text(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "s3cret")
    name = "${env:SECRET}\n- Lambda: x"
    found = config_text(described(config={"units": 3, "name": name}), Path("a\nb.yaml"), Path("m\n.json"))
    (tmp_path / "m.yaml").write_text(found.text, encoding="utf-8")
    assert "s3cret" not in load_config(tmp_path / "m.yaml").to_yaml()
    assert [spec.name for spec in load_config(tmp_path / "m.yaml").layers] == [name]


def test_a_keras_file_and_its_json_give_the_same(tmp_path):
    model = keras.Sequential([Input((4,)), layers.Dense(3)])
    model.save(tmp_path / "m.keras")
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    found = [config_text(read_model_file(tmp_path / name), Path("m.yaml"), Path("m")) for name in ("m.keras", "m.json")]
    assert found[0] == found[1]


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json"), content)


def test_hostile_files_are_refused(tmp_path):
    cases = {
        "a.keras": b"PK\x03\x04 damaged", "b.json": b"{", "c.json": b"[" * 100_000, "d.json": b"[1, 2]",
        "e.json": b'{"class_name": "Sequential"}', "f.h5": b"\x89HDF\r\n\x1a\n", "g.json": b'{"x": NaN}',
        "h.json": b'{"class_name": "Sequential", "config": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}",
    }  # fmt: skip
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
    zipped(tmp_path / "i.keras", other="x")
    zipped(tmp_path / "j.keras", config_json=b" " * (65 * 2**20))
    (tmp_path / "k.json").symlink_to(tmp_path / "e.json")
    for name in [*cases, "i.keras", "j.keras", "k.json", "gone.keras"]:
        with pytest.raises(ConfigError, match=name):
            read_model_file(tmp_path / name)
    zipped(tmp_path / "l.keras", config_json=json.dumps(described()), ______evil="x")
    assert read_model_file(tmp_path / "l.keras")["class_name"] == "Sequential"
    assert not (tmp_path.parent / "evil").exists()
