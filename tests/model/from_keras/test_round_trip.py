"""Import a model, build the config, copy the weights: the outputs are the same bit for bit."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import keras
import pytest

from dlrun.errors import ConfigError
from dlrun.model.from_keras.config_text import config_text
from tests.campaigns.imports import application, imported, is_same, rebuilt

_SPEC = importlib.util.spec_from_file_location("graphs", Path(__file__).with_name("graphs.py"))
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
GRAPHS = _MODULE.GRAPHS
# One network of each family; `python -m tests.campaigns imports` tries every one that Keras has.
FAMILIES = (
    "ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "InceptionV3", "MobileNet", "MobileNetV2",
    "MobileNetV3Small", "ResNet50", "ResNet50V2", "VGG16", "Xception",
)  # fmt: skip


def test_there_are_enough_graphs():
    assert len(GRAPHS) >= 25


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_comes_back_the_same(name, tmp_path):
    model = GRAPHS[name]()
    found, config = imported(model, tmp_path)
    assert is_same(model, rebuilt(found, config, model)), found.text
    assert found.custom == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_a_network_of_keras_comes_back_the_same(name, tmp_path):
    model = application(name)
    found, config = imported(model, tmp_path)
    assert is_same(model, rebuilt(found, config, model))
    assert len(found.text.splitlines()) < 1.5 * len(found.layers) + 40


def test_a_lambda_is_refused_by_name():
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Lambda(lambda t: t * 2, name="twice", output_shape=(3,))(x))
    with pytest.raises(ConfigError, match=r"m.json: layer 'twice' is a Lambda\. It takes Python code"):
        config_text(json.loads(model.to_json()), Path("m.yaml"), Path("m.json"))
