"""Docstrings read from the source are those that Keras has when it is imported."""

import inspect
import subprocess
import sys

import pytest

from dlrun.keras_catalog import keras_entry, keras_kinds, keras_names
from dlrun.keras_source import docstring_at
from dlrun.model.objects import find_object


def changed_by_keras(name, target):
    """Tell whether Keras changes a docstring when it is imported: its image layers', or forgets to fill one in."""
    bases = [base.__name__ for base in getattr(target, "__mro__", ())]
    return name == "Muon" or "BaseImagePreprocessingLayer" in bases


@pytest.mark.parametrize("kind", keras_kinds())
def test_every_name_has_keras_own_words(kind):
    for name in keras_names(kind):
        entry = keras_entry(kind, name)
        target = find_object(name, kind)
        if isinstance(target, str):  # a metric that Keras chooses by the loss has no docstring
            assert entry.place == ""
            continue
        found, real = docstring_at(entry.place), inspect.cleandoc(target.__doc__ or "")
        if changed_by_keras(name, target):
            assert found.split("\n\n")[0].split() == real.split("\n\n")[0].split(), name
        else:
            assert found == real, name
        assert found or not real, name


def test_the_arguments_that_optimizers_share_are_filled_in():
    assert "{{" not in docstring_at(keras_entry("optimizers", "Adam").place)
    assert "clipnorm" in keras_entry("optimizers", "Adam").doc().arguments


def test_it_imports_no_keras():
    code = (
        "import sys; from dlrun.catalog import keras_entry; assert keras_entry('layers', 'Dense').doc().summary;"
        "print([m for m in ('keras', 'tensorflow', 'numpy') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("place", ["", "os:system", "keras:x", "keras.src/../../x:y", "keras.src.layers.core.dense:No"])
def test_there_is_nothing_elsewhere(place):
    assert docstring_at(place) == ""
