"""All of Keras can be written: every public class, and every function that Keras takes by its name, from YAML text."""

from __future__ import annotations

import importlib
import inspect
import json

import keras
import numpy as np
import pytest

from dlrun.config import load_config
from dlrun.errors import ConfigError
from dlrun.keras_catalog import keras_entry, keras_kinds, keras_names
from dlrun.model.build import build_model
from dlrun.model.objects import NAMESPACES, build_object

from .coverage_values import ARGUMENTS_LEFT_OUT, FAILS_IN_KERAS, LEFT_OUT, needed, with_argument

WRITTEN = {
    "layers": ("layers: [%s]\n", ("layers", 0)),
    "callbacks": ("callbacks: [%s]\nlayers: [Flatten]\n", ("callbacks", 0)),
    "optimizers": ("compile: {loss: mse, optimizer: %s}\nlayers: [Flatten]\n", ("compile", "optimizer")),
    "losses": ("compile: {loss: %s}\nlayers: [Flatten]\n", ("compile", "loss")),
    "metrics": ("compile: {loss: mse, metrics: [%s]}\nlayers: [Flatten]\n", ("compile", "metrics", 0)),
    "schedules": (
        "compile: {loss: mse, optimizer: {SGD: {learning_rate: %s}}}\nlayers: [Flatten]\n",
        ("compile", "optimizer", "learning_rate"),
    ),
    "initializers": ("layers: [{Dense: {units: 1, kernel_initializer: %s}}]\n", ("layers", 0, "kernel_initializer")),
    "regularizers": ("layers: [{Dense: {units: 1, kernel_regularizer: %s}}]\n", ("layers", 0, "kernel_regularizer")),
    "constraints": ("layers: [{Dense: {units: 1, kernel_constraint: %s}}]\n", ("layers", 0, "kernel_constraint")),
    "activations": ("layers: [{Dense: {units: 1, activation: %s}}]\n", ("layers", 0, "activation")),
}
_MERGING = {"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"}


def public_classes(kind):
    """Return Keras's public classes of a kind, each once, told from Keras alone."""
    module, base = NAMESPACES[kind]
    members = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    found = {}
    for name, cls in members.items():
        if inspect.isclass(cls) and base is not object and issubclass(cls, base):
            found.setdefault(cls, cls.__name__ if cls.__name__ in members else name)
    return sorted(found.values())


CLASSES = [(kind, name) for kind in keras_kinds() for name in public_classes(kind)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a function that makes an object from YAML text, as an untrusted config."""
    file = tmp_path_factory.mktemp("coverage") / "c.yaml"

    def make(kind, written):
        text, path = WRITTEN[kind]
        if kind == "layers" and next(iter(written)) in _MERGING:
            text, path = f"inputs: {{x: [a], y: [b]}}\n{text}", path
            written = {**written, "inputs": ["x", "y"]}
        file.write_text(text % json.dumps(written), encoding="utf-8")
        config = load_config(file)
        spec = config
        for segment in path:
            spec = spec[segment] if isinstance(segment, int) else getattr(spec, segment, None) or spec.args[segment]
        return build_object(spec, kind, config) if not isinstance(spec, str) else spec

    return make


def test_keras_has_as_many_classes_as_ever():
    assert len(CLASSES) > 270
    assert set(LEFT_OUT) <= {name for _, name in CLASSES}
    arguments = {p.name for kind, name in CLASSES for p in keras_entry(kind, name).parameters}
    assert set(ARGUMENTS_LEFT_OUT) <= arguments


@pytest.mark.parametrize(("kind", "name"), CLASSES)
def test_a_class_is_made_with_every_argument(made, kind, name):
    entry = keras_entry(kind, name)
    assert entry is not None
    if name in LEFT_OUT:
        assert entry.refused
        with pytest.raises(ConfigError, match="cannot stand in a config"):
            made(kind, {name: {p.name: 1 for p in entry.parameters if p.required}})
        return
    assert entry.name == name and not entry.refused
    if name == "OrbaxCheckpoint":  # needs a package that is not installed
        with pytest.raises(ConfigError, match="pip install orbax-checkpoint"):
            made(kind, {name: {"directory": "orbax"}})
        return
    cls = getattr(NAMESPACES[kind][0], name)
    assert type(made(kind, {name: needed(kind, name)})) is cls
    for parameter in entry.parameters:
        if parameter.name in ARGUMENTS_LEFT_OUT:
            continue
        given = with_argument(kind, name, parameter)
        if (name, parameter.name) in FAILS_IN_KERAS:
            with pytest.raises(ConfigError, match=FAILS_IN_KERAS[name, parameter.name]):
                made(kind, {name: given})
            continue
        found = made(kind, {name: given})
        assert type(found) is cls, parameter.name
        if parameter.default is not None and not parameter.required:
            made(kind, {name: {**given, parameter.name: parameter.default}})  # what Keras itself takes


# Every layer is called on what it is for

IMAGE, SEQUENCE, VOLUME, ROW = (8, 8, 3), (8, 4), (6, 6, 6, 2), (6,)
_TEXT = {"StringLookup", "TextVectorization", "Hashing", "HashedCrossing"}
_INTEGERS = {"Embedding": (5,), "ReversibleEmbedding": (5,), "IntegerLookup": (5,), "CategoryEncoding": (5,)}
_SHAPES = {
    **dict.fromkeys(("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"), SEQUENCE),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed", "Masking"), SEQUENCE),
    **dict.fromkeys(("SpatialDropout1D", "Permute", "RandomCrop"), SEQUENCE),
    **dict.fromkeys(("LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells", "RepeatVector"), ROW),
    **dict.fromkeys(("CenterCrop", "Resizing", "Pipeline", "RandomCrop"), IMAGE),
    "ConvLSTM1D": (4, 8, 3),
    "ConvLSTM2D": (3, 8, 8, 2),
    "ConvLSTM3D": (2, 6, 6, 6, 2),
    "Reshape": (8,),
    "EinsumDense": (8,),
    "MelSpectrogram": (4096,),
    "STFTSpectrogram": (1024, 1),
    "UpSampling1D": SEQUENCE,
}
_NEVER_IN_A_NETWORK = {
    "LSTMCell": "stands in an RNN",
    "GRUCell": "stands in an RNN",
    "SimpleRNNCell": "stands in an RNN",
    "StackedRNNCells": "stands in an RNN",
    "Equalization": "gives its own input to Keras's graph; a preprocessing step",
    "MaxNumBoundingBoxes": "takes bounding boxes, which are no rows",
    "CutMix": "takes images with their labels",
    "MixUp": "takes images with their labels",
    "HashedCrossing": "crosses two columns of text, a preprocessing step",
}


def shape_of(name):
    if name in _SHAPES:
        return _SHAPES[name]
    for ending, shape in (("1D", SEQUENCE), ("2D", IMAGE), ("3D", VOLUME), ("1DTranspose", SEQUENCE)):
        if name.endswith(ending):
            return shape
    if name.endswith("Transpose"):
        return IMAGE if "2D" in name else VOLUME
    images = name.startswith("Random") or name in {
        *("AugMix", "AutoContrast", "Solarization", "RandAugment", "ContrastLimitedAdaptiveHistogramEqualization")
    }
    return IMAGE if images else _INTEGERS.get(name, ROW)


LAYERS = [name for name in keras_names("layers") if name not in _NEVER_IN_A_NETWORK]


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_called_and_trains(name, tmp_path):
    dtype = "string" if name in _TEXT else "int32" if name in _INTEGERS else "float32"
    declared = {"x": {"shape": [1] if name in _TEXT else list(shape_of(name)), "dtype": dtype}}
    layer = {name: needed("layers", name)}
    if name in _MERGING:
        declared["y"] = declared["x"]
        layer["inputs"] = ["x", "y"]
    file = tmp_path / "c.yaml"
    file.write_text(json.dumps({"inputs": declared, "layers": [layer]}), encoding="utf-8")
    config = load_config(file)
    model = build_model(config, config.inputs)
    random = np.random.default_rng(0)
    x = {"string": np.array([["a"], ["c"]], object)}.get(dtype)
    if x is None:
        size = (2, *declared["x"]["shape"])
        x = (
            random.integers(0, 2, size)
            if dtype == "int32"
            else (random.random(size) - (name == "PReLU")).astype("float32")
        )
    tensor = keras.ops.convert_to_tensor(x)
    given = tensor if len(declared) == 1 else dict.fromkeys(declared, tensor)
    y = model(given)
    assert np.all(np.isfinite(keras.ops.convert_to_numpy(keras.ops.cast(y, "float32"))))
    assert tuple(y.shape[1:]) == tuple(n or m for n, m in zip(model.output_shape[1:], y.shape[1:], strict=True))
    if model.trainable_weights:
        model.compile(optimizer="sgd", loss="mse", run_eagerly=True)
        before = [np.array(w) for w in model.trainable_weights]
        model.train_on_batch(x, np.full(y.shape, 7.0, "float32"))
        changed = any((np.array(w) != b).any() for w, b in zip(model.trainable_weights, before, strict=True))
        assert changed


# Everything else is used once


@pytest.mark.parametrize("name", [n for k, n in CLASSES if k == "optimizers" and n not in LEFT_OUT])
def test_an_optimizer_takes_a_step(made, name):
    optimizer = made("optimizers", {name: needed("optimizers", name)})
    weight = keras.Variable(np.ones((3, 2), "float32"), name="w")
    optimizer.build([weight])
    optimizer.apply_gradients([(keras.ops.ones((3, 2)), weight)])
    assert np.all(np.isfinite(np.array(weight))) and np.all(np.array(weight) < 1)


@pytest.mark.parametrize("name", [n for k, n in CLASSES if k == "schedules" and n not in LEFT_OUT])
def test_a_schedule_gives_a_rate(made, name):
    schedule = made("schedules", {name: needed("schedules", name)})
    assert 0 < float(schedule(1)) <= 0.5


@pytest.mark.parametrize(("kind", "name"), [c for c in CLASSES if c[0] in {"losses", "metrics"}])
def test_a_loss_or_metric_gives_a_number(made, kind, name):
    if name in LEFT_OUT:
        return
    found = made(kind, {name: needed(kind, name)})
    y_true = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]], "float32")
    y_pred = np.array([[0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], "float32")
    if name.startswith("Sparse"):
        y_true = np.array([1, 0, 0])
    if name in {"Circle", "CategoricalGeneralizedCrossEntropy"}:
        y_true = np.array([1, 0, 0])
    if name == "CTC":
        y_true, y_pred = np.array([[1, 2]]), np.full((1, 4, 3), 1 / 3, "float32")
    if name in {"IoU", "MeanIoU"}:
        y_true, y_pred = np.array([0, 1, 1]), np.array([0, 1, 0])
    if kind == "losses":
        result = found(y_true, y_pred)
    elif name in {"Mean", "Sum"}:
        found.update_state(y_true)
        result = found.result()
    else:
        found.update_state(y_true, y_pred)
        result = found.result()
    assert np.all(np.isfinite(np.array(result)))


@pytest.mark.parametrize(
    ("kind", "name"), [c for c in CLASSES if c[0] in {"initializers", "regularizers", "constraints"}]
)
def test_an_initializer_regularizer_or_constraint_works_on_a_matrix(made, kind, name):
    if name in LEFT_OUT:
        return
    found = made(kind, {name: needed(kind, name)})
    shape = {"STFT": (4, 1, 6)}.get(name, (4, 4))
    result = found(shape) if kind == "initializers" else found(keras.ops.ones(shape))
    assert np.all(np.isfinite(np.array(result)))


@pytest.mark.parametrize("kind", ["losses", "metrics", "activations", "initializers", "regularizers", "constraints"])
def test_what_keras_takes_by_a_string_is_taken_by_the_same_string(made, kind):
    identifiers = dict(importlib.import_module(f"keras.src.{kind}").ALL_OBJECTS_DICT)
    for name, target in identifiers.items():
        if name in LEFT_OUT or target.__name__ == "LossFunctionWrapper" or keras_entry(kind, name).refused:
            continue
        if any(p.required for p in keras_entry(kind, name).parameters):
            continue
        found = made(kind, name)
        if kind == "metrics" and isinstance(found, str):  # chosen by the loss when the model is compiled
            continue
        if isinstance(found, str):  # Keras itself finds it when the layer is made
            if keras_entry(kind, name).name == "Constant":
                continue  # Keras knows the name, and fails: a value is missing
            found = getattr(keras, kind).get(found)
        label = getattr(found, "__name__", type(found).__name__)
        assert _folded(label) == _folded(keras_entry(kind, name).name), name


def _folded(name):
    return name.replace("_", "").lower()


def test_a_layer_that_gives_back_its_input_is_refused_in_one_line(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("inputs: {x: {shape: [8, 8, 3]}}\nlayers: [Equalization]\n", encoding="utf-8")
    config = load_config(file)
    with pytest.raises(ConfigError, match=r"c.yaml:2:10: layers\[0\]: Equalization cannot be part of a network"):
        build_model(config, config.inputs)
