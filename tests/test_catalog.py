import subprocess
import sys

import keras
import pytest

from dlrun.catalog import PREPROCESSING_STEPS, REGISTRIES, keras_entry, keras_names, register
from dlrun.catalog_files import CATALOG_NAME, PACKAGE
from dlrun.errors import ConfigError
from dlrun.keras_catalog import keras_kinds
from dlrun.model.make_catalog import catalog_text, make_catalog


def test_the_file_is_what_this_keras_gives():
    stored = (PACKAGE / CATALOG_NAME).read_text(encoding="utf-8")
    assert stored == catalog_text(make_catalog()), "run `python -m dlrun.model.make_catalog`"


def test_reading_it_imports_no_keras():
    code = (
        "import sys; from dlrun.catalog import keras_entry; assert keras_entry('layers', 'Dense');"
        "print([m for m in ('keras', 'tensorflow', 'numpy', 'pandas') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_dense_has_the_parameters_of_its_signature_and_of_every_layer():
    dense = keras_entry("layers", "Dense")
    assert dense is not None and dense.is_class and not dense.refused
    assert dense.parameter_names[:3] == ["units", "activation", "use_bias"]
    assert [p.name for p in dense.parameters if p.required] == ["units"]
    assert {p.name: p.default for p in dense.parameters}["kernel_initializer"] == "glorot_uniform"
    assert {"name", "dtype", "trainable", "activity_regularizer"} <= set(dense.parameter_names)
    assert dense.doc().summary == "Just your regular densely-connected NN layer."


@pytest.mark.parametrize(
    ("kind", "spelling", "name"),
    [
        ("losses", "mse", "MeanSquaredError"),
        ("losses", "MSE", "MeanSquaredError"),
        ("losses", "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"),
        ("losses", "kld", "KLDivergence"),
        ("metrics", "mae", "MeanAbsoluteError"),
        ("metrics", "f1_score", "F1Score"),
        ("metrics", "acc", "accuracy"),
        ("metrics", "Accuracy", "Accuracy"),
        ("optimizers", "adam", "Adam"),
        ("optimizers", "ADAM", "Adam"),
        ("optimizers", "lamb", "Lamb"),
        ("initializers", "he_normal", "HeNormal"),
        ("initializers", "uniform", "RandomUniform"),
        ("regularizers", "l1_l2", "L1L2"),
        ("constraints", "max_norm", "MaxNorm"),
        ("activations", "relu", "relu"),
        ("activations", "swish", "silu"),
        ("schedules", "ExponentialDecay", "ExponentialDecay"),
        ("layers", "concatenate", "Concatenate"),
        ("layers", "GlobalAvgPool2D", "GlobalAveragePooling2D"),
        ("callbacks", "EarlyStopping", "EarlyStopping"),
    ],
)
def test_every_spelling_of_keras_leads_to_one_entry(kind, spelling, name):
    entry = keras_entry(kind, spelling)
    assert entry is not None and entry.name == name
    assert name in keras_names(kind)


@pytest.mark.parametrize("kind", ["losses", "metrics", "initializers", "regularizers", "constraints", "activations"])
def test_what_keras_get_takes_is_known_and_means_the_same(kind):
    identifiers = __import__(f"keras.src.{kind}", fromlist=["x"]).ALL_OBJECTS_DICT
    for identifier, target in identifiers.items():
        if target.__name__ == "LossFunctionWrapper" or identifier == "accuracy":  # not public; chosen by the loss
            continue
        entry = keras_entry(kind, identifier)
        assert entry is not None, identifier
        assert _folded(target.__name__) in {_folded(name) for name in (entry.name, *entry.aliases)}


def _folded(name):
    return name.replace("_", "").lower()


def test_every_keyword_of_a_layer_that_needs_no_argument_is_taken_by_keras():
    for name in keras_names("layers"):
        entry = keras_entry("layers", name)
        assert entry is not None
        if not any(p.required for p in entry.parameters):
            given = {p.name: p.default for p in entry.parameters if p.name in {"dtype", "trainable"}}
            needed = {"CategoryEncoding": {"num_tokens": 3}, "Discretization": {"num_bins": 3}}.get(name, {})
            assert getattr(keras.layers, name)(name="x", **given, **needed).name == "x"


def test_what_takes_code_says_so():
    entry = keras_entry("layers", "Lambda")
    assert entry is not None and "Python code" in entry.refused
    assert "Lambda" not in keras_names("layers") and "Layer" not in keras_names("layers")
    given = keras_entry("layers", "Input")
    assert given is not None and "inputs" in given.refused


def test_unknown_names_and_misspelled_case_are_unknown():
    assert keras_entry("layers", "Dens") is None
    assert keras_entry("layers", "dense") is None
    assert keras_entry("losses", "Mse") is None


def test_the_kinds():
    assert set(keras_kinds()) == {
        *("layers", "optimizers", "schedules", "losses", "metrics"),
        *("callbacks", "initializers", "regularizers", "constraints", "activations"),
    }
    assert len(keras_names("layers")) > 120


def test_register_adds_a_step_of_the_users_own(monkeypatch):
    monkeypatch.setattr(PREPROCESSING_STEPS, "_objects", {})

    @register("preprocessing", "times_two")
    class TimesTwo:
        def __init__(self, offset=0):
            self.offset = offset

    assert PREPROCESSING_STEPS["times_two"] is TimesTwo
    assert PREPROCESSING_STEPS.arguments("times_two") == ["offset"]


def test_register_of_an_unknown_kind_names_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown kind 'plots' in dlrun.register. Did you mean 'plot'\?"):
        register("plots", "mine")
    assert set(REGISTRIES) == {"source", "prepare", "preprocessing", "resample", "plot"}
