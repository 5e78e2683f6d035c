"""A file of weights is read as arrays: those of the same network, and nothing else."""

from __future__ import annotations

import h5py
import keras
import numpy as np
import pytest

from dlrun.errors import ConfigError, Problem
from dlrun.model.build import build_model
from dlrun.model.weights_file import read_weights

TEXT = """
layers:
- MobileNet: {{weights: {file}, include_top: false, alpha: 0.25, pooling: avg, trainable: false}}
- Dense: 1
"""


def small(units=3):
    layers = keras.layers
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.BatchNormalization(),
                             layers.Flatten(), layers.Dense(units), layers.Dropout(0.1)])  # fmt: skip


def read(model, path):
    read_weights(model, path, lambda what, fix: Problem(what, fix))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return a folder with a network's weights, in both forms, and the network."""
    folder, model = tmp_path_factory.mktemp("weights"), small()
    model.compile("adam", "mse")
    model.fit(np.ones((4, 8, 8, 1)), np.ones((4, 3)), verbose=0)  # a .keras file then holds an optimizer's state, too
    model.save_weights(folder / "m.weights.h5")
    model.save(folder / "m.keras")
    return folder, model


@pytest.mark.parametrize("name", ["m.weights.h5", "m.keras"])
def test_a_model_gets_the_weights_of_the_file(saved, name):
    folder, model = saved
    found = small()
    read(found, folder / name)
    assert all(np.array_equal(a, b) for a, b in zip(found.get_weights(), model.get_weights(), strict=True))


def test_a_network_in_a_config_has_the_weights_of_its_file(load, shapes, tmp_path):
    made = {"include_top": False, "alpha": 0.25, "pooling": "avg", "input_shape": (32, 32, 3)}
    model = keras.applications.MobileNet(weights=None, **made)
    model.save_weights(tmp_path / "m.weights.h5")
    config = load(TEXT.format(file="m.weights.h5"), data="null", compile="null", fit="null")
    found = build_model(config, shapes(x=(32, 32, 3)))
    assert all(np.array_equal(a, b) for a, b in zip(found.layers[1].get_weights(), model.get_weights(), strict=True))
    assert len(found.trainable_weights) == 2
    (tmp_path / "m.weights.h5").unlink()
    assert build_model(config, shapes(x=(32, 32, 3)), read_weights=False).count_params() == found.count_params()
    with pytest.raises(ConfigError, match=r"c.yaml:3:24: .*weights: m.weights.h5 cannot be read: No such file"):
        build_model(config, shapes(x=(32, 32, 3)))


def test_the_weights_of_another_network_are_refused(saved):
    folder, _ = saved
    wanted = r"does not fit: 2 arrays of the network lack in it, such as \(4,\); 2 arrays in it are not the network's"
    with pytest.raises(ConfigError, match=wanted):
        read(small(units=4), folder / "m.weights.h5")


@pytest.mark.parametrize("name", ["a.weights.h5", "a.keras"])
def test_a_file_that_is_none_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"not weights at all" * 100)
    with pytest.raises(ConfigError, match=r"cannot be read: it is no HDF5 file|does not fit: File is not a zip file"):
        read(small(), tmp_path / name)


def changed(saved, path, change):
    """Write the saved weights to a path, an array in them changed."""
    path.write_bytes((saved[0] / "m.weights.h5").read_bytes())
    with h5py.File(path, "a") as file:
        group = file["layers/conv2d/vars"]
        shape = group["0"].shape
        del group["0"]
        change(group, shape)
    return path


@pytest.mark.parametrize("kind", ["external link", "soft link", "external data", "text"])
def test_what_points_elsewhere_is_refused(saved, tmp_path, kind):
    (tmp_path / "secret").write_bytes(b"\0" * 4096)

    def change(group, shape):
        if kind == "external link":
            group["0"] = h5py.ExternalLink(str(saved[0] / "m.weights.h5"), "/layers/conv2d/vars/0")
        elif kind == "soft link":
            group["0"] = h5py.SoftLink("/layers/dense/vars/0")
        elif kind == "external data":
            group.create_dataset("0", shape, "f4", external=[(str(tmp_path / "secret"), 0, 4 * int(np.prod(shape)))])
        else:
            group.create_dataset("0", data=np.array([b"x"], dtype="S1"))

    model = small()
    before = model.get_weights()
    with pytest.raises(ConfigError, match=r"it holds links|is no plain array of numbers"):
        read(model, changed(saved, tmp_path / "evil.weights.h5", change))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_shape_that_no_machine_holds_is_refused_before_it_is_read(saved, tmp_path):
    path = changed(
        saved, tmp_path / "b.weights.h5", lambda group, _: group.create_dataset("0", (2**40,), "f4", chunks=(2**20,))
    )
    with pytest.raises(ConfigError, match=r"not the network's, such as \(1099511627776,\)"):
        read(small(), path)


def test_a_file_that_is_far_too_large_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "large.weights.h5"
    with path.open("wb") as file:
        file.truncate(2**34)
    with pytest.raises(ConfigError, match="it is far larger than the network's weights"):
        read(small(), path)
