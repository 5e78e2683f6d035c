"""Every network of `keras.applications`, imported, built again from its config, and compared bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dlrun.keras_functions import applications
from tests.campaigns.frame import Campaign

SMALLEST = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}  # pixels; the others take 32
FAST = ("MobileNet", "VGG16")


def application(name: str) -> Any:
    """Return a network of Keras's for the smallest images that it takes, with random weights."""
    import keras

    size = SMALLEST.get(name, 32)
    return getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(size, size, 3))


def imported(model: Any, folder: Path) -> tuple[Any, Any]:
    """Return what a model is imported as, and the config."""
    from dlrun.config import load_config
    from dlrun.model.from_keras.config_text import config_text

    found = config_text(json.loads(model.to_json()), Path("m.yaml"), Path("m.json"))
    (folder / "m.yaml").write_text(found.text, encoding="utf-8")
    return found, load_config(folder / "m.yaml", trust=True)


def rebuilt(found: Any, config: Any, model: Any) -> Any:
    """Return the network of a config with the weights of the model that it came from."""
    import keras

    from dlrun.training.network import network_of

    network = network_of(config, trust=True)
    nodes = network.graph.nodes
    assert len(nodes) == len(found.layers)
    for node, name in zip(nodes, found.layers, strict=True):
        layer = getattr(network.layers[node.name], "model", network.layers[node.name])
        if isinstance(layer, keras.layers.Layer) and not node.is_shared and layer.weights:
            layer.set_weights(model.get_layer(name).get_weights())
    assert network.model.count_params() == model.count_params()
    assert sum(w.trainable for w in network.model.weights) == sum(w.trainable for w in model.weights)
    return network.model


def examples(model: Any, num_rows: int = 3) -> list[Any]:
    """Return an array for each of a model's inputs."""
    import numpy as np

    random = np.random.default_rng(0)
    return [
        random.normal(size=(num_rows, *tensor.shape[1:])).astype(tensor.dtype)
        if "float" in tensor.dtype
        else random.integers(0, 2, size=(num_rows, *tensor.shape[1:])).astype(tensor.dtype)
        for tensor in model.inputs
    ]


def outputs(model: Any, arrays: list[Any]) -> list[Any]:
    """Return what a model gives for an array for each of its inputs."""
    import keras
    import numpy as np

    given = arrays if len(arrays) > 1 else arrays[0]
    if isinstance(model.input, dict):
        given = dict(zip(model.input, arrays, strict=True))
    found = model(given)
    if isinstance(found, dict):  # a config's outputs in its own order, Keras's by their names
        found = list(found.values())
    return [np.asarray(tensor) for tensor in keras.tree.flatten(found)]


def is_same(model: Any, again: Any, num_rows: int = 3) -> bool:
    """Tell whether two models give the same finite numbers, bit for bit."""
    import keras
    import numpy as np

    arrays = examples(model, num_rows)
    wanted = [np.asarray(tensor) for tensor in keras.tree.flatten(model(arrays if len(arrays) > 1 else arrays[0]))]
    found = outputs(again, arrays)
    return len(wanted) == len(found) and all(
        a.shape == b.shape and np.array_equal(a, b) and np.isfinite(a).all() for a, b in zip(wanted, found, strict=True)
    )


def attempt(name: str, place: Path) -> str:
    """Import a network and compare what comes out."""
    import keras

    keras.backend.clear_session()
    model = application(name)
    found, config = imported(model, place)
    return "" if is_same(model, rebuilt(found, config, model)) else "other outputs"


def trials(seed: int, fast: bool) -> list[str]:
    """Return the networks' names."""
    return list(FAST if fast else applications())


CAMPAIGN = Campaign("imports", "An imported network gives what the original gives, bit for bit.", trials, attempt)
