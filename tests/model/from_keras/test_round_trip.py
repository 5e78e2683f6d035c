"""Import a model, build the config, copy the weights: the outputs are the same bit for bit."""

from __future__ import annotations

import gc
import importlib.util
import json
import math
from pathlib import Path

import keras
import numpy as np
import pytest

from dlrun.errors import ConfigError
from dlrun.keras_functions import applications
from dlrun.model.from_keras.config_text import config_text
from dlrun.training.network import network_of
from tests.campaigns.imports import application, examples, imported, is_same, rebuilt

_SPEC = importlib.util.spec_from_file_location("graphs", Path(__file__).with_name("graphs.py"))
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
GRAPHS = _MODULE.GRAPHS
# Kernels are pieces of this; the largest has 16.8 million numbers.
NOISE = np.resize(np.random.default_rng(0).standard_normal(65_537).astype(np.float32), 17_000_000)


@pytest.fixture
def memory_given_back():
    """Give a network's memory back after the test: some take gigabytes, and what layers hold goes in a circle."""
    yield
    keras.utils.clear_session()
    gc.collect()


def without_variables():
    """Return a scope in which layers have shapes and no weights, which take most of the time that networks take."""
    return keras.StatelessScope(initialize_variables=False)


def weights_for(layer, place):
    """Return arrays for a layer's weights, all different, of a size with which outputs stay finite."""
    made = []
    for number, weight in enumerate(layer.weights):
        start = (place * 7 + number) % 65_537
        values = NOISE[start : start + math.prod(weight.shape)].reshape(weight.shape)
        is_kernel = len(weight.shape) > 1
        made.append(values * np.float32(math.prod(weight.shape[:-1]) ** -0.5) if is_kernel else 1 + values / 10)
    return made


def answers(model, values, image):
    """Return a network's output for weights by their variables' identities; what has none begins at 0."""
    groups = (model.trainable_variables, model.non_trainable_variables)
    state = [[values.get(id(v), np.zeros(v.shape, v.dtype)) for v in group] for group in groups]
    with without_variables():
        return np.asarray(model.stateless_call(*state, image)[0])


def test_there_are_enough_graphs():
    assert len(GRAPHS) >= 25


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_comes_back_the_same(name, tmp_path):
    model = GRAPHS[name]()
    found, config = imported(model, tmp_path)
    assert is_same(model, rebuilt(found, config, model)), found.text
    assert found.custom == ()


@pytest.mark.slow
@pytest.mark.usefixtures("memory_given_back")
@pytest.mark.parametrize("name", applications())
def test_a_network_of_keras_comes_back_the_same(name, tmp_path):
    """With the same weights it gives the same, bit for bit; the campaign `imports` does it with variables."""
    with without_variables():
        model = application(name)
        found, config = imported(model, tmp_path)
        network = network_of(config, trust=False)
    made = {layer.name: weights_for(layer, place) for place, layer in enumerate(model.layers)}
    wanted = {id(w): value for layer in model.layers for w, value in zip(layer.weights, made[layer.name], strict=True)}
    given = {}
    for node, original in zip(network.graph.nodes, found.layers, strict=True):
        layer = getattr(network.layers[node.name], "model", network.layers[node.name])
        if isinstance(layer, keras.layers.Layer) and not node.is_shared:
            given |= {id(w): value for w, value in zip(layer.weights, made[original], strict=True)}
    assert len(given) == len(wanted)
    assert [w.trainable for w in network.model.weights].count(True) == len(model.trainable_weights)
    (image,) = examples(model, 1)
    theirs, ours = answers(model, wanted, image), answers(network.model, given, image)
    assert np.isfinite(theirs).all() and theirs.std() > 0.01
    np.testing.assert_array_equal(ours, theirs)
    # A cell of NASNet takes what the two before it give, and a block is found where one thing comes in.
    most = min(300, 1.5 * len(found.layers) + 40)
    assert len(found.text.splitlines()) < (900 if name.startswith("NASNet") else most)


def test_all_networks_of_keras_are_tried():
    assert len(applications()) >= 38


def test_a_lambda_is_refused_by_name():
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Lambda(lambda t: t * 2, name="twice", output_shape=(3,))(x))
    with pytest.raises(ConfigError, match=r"m.json: layer 'twice' is a Lambda\. It takes Python code"):
        config_text(json.loads(model.to_json()), Path("m.yaml"), Path("m.json"))
