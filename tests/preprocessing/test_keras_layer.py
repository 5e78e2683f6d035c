"""Keras's preprocessing layers as steps: what Keras itself gives, state as JSON, nothing else from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from dlrun.config import Config
from dlrun.errors import ConfigError, DataError, RunError
from dlrun.preprocessing import keras_layer
from dlrun.preprocessing.keras_layer import KerasLayer
from dlrun.preprocessing.preprocessor import Preprocessor

Array = np.ndarray[Any, Any]
Configure = Callable[[str], Config]


def text(*cells: str) -> Array:
    return np.array(cells, dtype=object)[:, None]


NUMBERS = np.array([[1.0], [2.0], [7.0], [2.5], [-4.0], [11.0]])
WORDS = text("b", "a", "b", "c", "b", "a")
SENTENCES = text("The cat sat.", "the dog", "A cat and a dog and a bird!", "cat")
CASES = {
    "normalization": ("Normalization", {}, NUMBERS),
    "normalization_given": ("Normalization", {"mean": 3.0, "variance": 4.0}, NUMBERS),
    "discretization": ("Discretization", {"num_bins": 3}, NUMBERS),
    "discretization_given": ("Discretization", {"bin_boundaries": [0.0, 5.0]}, NUMBERS),
    "discretization_one_hot": ("Discretization", {"num_bins": 3, "output_mode": "one_hot"}, NUMBERS),
    "rescaling": ("Rescaling", {"scale": 0.5, "offset": 1.0}, NUMBERS),
    "category_encoding": ("CategoryEncoding", {"num_tokens": 4, "output_mode": "one_hot"}, NUMBERS[:2]),
    "integer_lookup": ("IntegerLookup", {}, np.array([[3.0], [1.0], [3.0]])),
    "string_lookup": ("StringLookup", {}, WORDS),
    "string_lookup_one_hot": ("StringLookup", {"output_mode": "one_hot"}, WORDS),
    "string_lookup_tf_idf": ("StringLookup", {"output_mode": "tf_idf"}, WORDS),
    "string_lookup_given": ("StringLookup", {"vocabulary": ["a", "b"]}, WORDS),
    "hashing": ("Hashing", {"num_bins": 5, "salt": 3}, WORDS),
    "text_length": ("TextVectorization", {"output_sequence_length": 4}, SENTENCES),
    "text_max_tokens": ("TextVectorization", {"max_tokens": 5, "output_sequence_length": 9}, SENTENCES),
    "text_multi_hot": ("TextVectorization", {"output_mode": "multi_hot"}, SENTENCES),
    "text_tf_idf": ("TextVectorization", {"output_mode": "tf_idf", "ngrams": 2}, SENTENCES),
}


def as_keras_wants(name: str, x: Array) -> Array:
    if name in ("IntegerLookup", "CategoryEncoding"):
        return x.astype(np.int64)
    return x[:, 0] if name == "TextVectorization" else x


@pytest.mark.parametrize("case", CASES)
def test_a_step_gives_what_keras_gives_and_so_does_its_state(case: str) -> None:
    name, arguments, x = CASES[case]
    step = KerasLayer(name, arguments)
    step.adapt(x)
    layer = getattr(keras.layers, name)(**arguments)
    if hasattr(layer, "adapt") and case.split("_")[-1] != "given":
        layer.adapt(as_keras_wants(name, x))
    expected = np.asarray(layer(as_keras_wants(name, x)))
    result = step.apply(x)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-6)
    assert step.shape == expected.shape[1:]
    again = KerasLayer(name, arguments)
    again.set_state(json.loads(json.dumps(step.get_state(), allow_nan=False)))
    np.testing.assert_array_equal(again.apply(x), result)
    assert again.feature_names(["c"]) == step.feature_names(["c"])


def test_text_without_a_length_has_that_of_the_longest_training_text() -> None:
    step = KerasLayer("TextVectorization", {})
    step.adapt(SENTENCES)
    assert step.shape == (8,)
    assert step.apply(text("a " * 20)).shape == (1, 8)
    assert step.apply(text("cat")).shape == (1, 8)
    again = KerasLayer("TextVectorization", {})
    again.set_state(step.get_state())
    assert again.apply(text("cat")).shape == (1, 8)


@pytest.mark.parametrize("arguments", [{}, {"max_tokens": 6, "output_mode": "tf_idf"}, {"ngrams": 2}])
def test_words_are_counted_some_rows_at_a_time(arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.concatenate(
        [SENTENCES, text("a cat", "", "the end of all the cats here, and of all the dogs"), SENTENCES]
    )
    whole, parts = (KerasLayer("TextVectorization", arguments) for _ in range(2))
    whole.adapt(rows)
    monkeypatch.setattr(keras_layer, "ROWS_AT_ONCE", 3)
    parts.adapt(rows)
    assert parts.get_state() == whole.get_state()
    np.testing.assert_array_equal(parts.apply(rows), whole.apply(rows))


def test_features_of_a_vocabulary_are_named_by_its_words() -> None:
    step = KerasLayer("StringLookup", {"output_mode": "one_hot"})
    step.adapt(WORDS)
    assert step.feature_names(["c"]) == ["c_[UNK]", "c_b", "c_a", "c_c"]
    assert step.apply(text("z", "a")).tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert step.unseen == 1


@pytest.mark.parametrize(
    ("name", "arguments", "what"),
    [
        ("RandomFlip", {}, "at random, so it belongs into the network"),
        ("MixUp", {}, "at random"),
        ("Dense", {"units": 3}, "Dense is not a layer that works on single rows"),
        ("StringLookup", {"vocabulary": "/etc/passwd"}, "vocabulary is a list"),
        ("StringLookup", {"invert": True, "vocabulary": ["a"]}, "invert does not work here"),
        ("TextVectorization", {"ngrams": 10**6}, "no more than 100 words count as one"),
        ("TextVectorization", {"ragged": True}, "ragged does not work here"),
        ("Normalization", {"mean": object()}, "mean is a number"),
        ("Hashing", {}, "num_bins"),
        ("Discretization", {"bin_boundaries": 3}, "write num_bins: 3"),
        ("Resizing", {"height": 0, "width": 2, "wide": 3}, "wide"),
    ],
)
def test_what_is_no_step_is_refused(name: str, arguments: dict[str, Any], what: str) -> None:
    with pytest.raises((ValueError, TypeError), match=what):
        KerasLayer(name, arguments)


def test_cells_that_keras_refuses_are_an_error_in_the_data() -> None:
    with pytest.raises(DataError, match=r"IntegerLookup takes whole numbers, not 1.5"):
        KerasLayer("IntegerLookup", {}).adapt(np.array([[1.5]]))


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("Normalization", {"mean": [[1.0]], "variance": "x", "shape": [1]}),
        ("Normalization", {"mean": [[1.0]], "shape": [1]}),
        ("Normalization", {"mean": [[1.0]], "variance": [[1.0, 2.0]], "shape": "1"}),
        ("StringLookup", {"vocabulary": "/etc/passwd", "shape": [1]}),
        ("StringLookup", {"vocabulary": ["a", 1], "shape": [1]}),
        ("StringLookup", {"vocabulary": ["a", "a"], "shape": [1]}),
        ("StringLookup", {"vocabulary": [], "shape": [1]}),
        ("StringLookup", {"vocabulary": ["a"], "shape": [-1]}),
        ("Rescaling", {"shape": [True]}),
    ],
)
def test_a_strangers_state_is_checked(name: str, state: dict[str, Any]) -> None:
    step = KerasLayer(name, {"scale": 2.0} if name == "Rescaling" else {})
    with pytest.raises(RunError):
        step.set_state(state)


def test_layers_in_a_config(configure: Configure) -> None:
    config = configure(
        "preprocessing:\n"
        "  numeric: Normalization\n"
        "  columns: {word: {StringLookup: {output_mode: one_hot}}, bin: [{Discretization: {num_bins: 2}}, one_hot]}\n"
    )
    columns = {"a": NUMBERS[:, 0], "word": WORDS[:, 0], "b": NUMBERS[:, 0] * 3, "bin": NUMBERS[:, 0], "y": np.arange(6)}
    kinds = {name: "categorical" if name == "word" else "numeric" for name in columns}
    preprocessor = Preprocessor.adapt(config, columns, kinds, ["a", "word", "b", "bin"], ["y"])
    features = ["a", "word_[UNK]", "word_b", "word_a", "word_c", "b", "bin_0", "bin_1"]
    assert preprocessor.inputs["features"].features == features
    x = preprocessor.apply(columns)["features"]
    a = NUMBERS[:, 0]
    assert x[:, 0] == pytest.approx((a - a.mean()) / a.std(), rel=1e-5)
    assert x[:, 5] == pytest.approx(x[:, 0], rel=1e-5)
    again = Preprocessor.from_json(json.loads(json.dumps(preprocessor.to_json(), allow_nan=False)), config)
    np.testing.assert_array_equal(again.apply(columns)["features"], x)
    again.apply({**columns, "word": text(*"bbbbbz")[:, 0]})
    assert again.unseen == {"word": 1}


def test_a_text_column_is_a_sequence_and_an_input_of_its_own(configure: Configure) -> None:
    config = configure("preprocessing: {columns: {review: {TextVectorization: {output_sequence_length: 5}}}}")
    columns = {"review": SENTENCES[:, 0], "y": np.arange(4.0)}
    kinds = {"review": "text", "y": "numeric"}
    preprocessor = Preprocessor.adapt(config, columns, kinds, ["review"], ["y"])
    shape = preprocessor.inputs["review"]
    assert (shape.shape, shape.dtype, shape.features) == ((5,), "int32", ["review"])
    x = preprocessor.apply(columns)["review"]
    again = Preprocessor.from_json(json.loads(json.dumps(preprocessor.to_json())), config)
    assert again.apply(columns)["review"].tolist() == x.tolist()
    with pytest.raises(ConfigError, match=r"'review' is text and has no steps"):
        Preprocessor.adapt(configure(""), columns, kinds, ["review"], ["y"])
    with pytest.raises(ConfigError, match=r"'review' has several axes or is a sequence"):
        both = {**columns, "n": np.arange(4.0)}
        Preprocessor.adapt(config, both, {**kinds, "n": "numeric"}, ["review", "n"], ["y"])


def test_images_are_rescaled_and_resized(configure: Configure) -> None:
    steps = "[{Resizing: {height: 2, width: 2, interpolation: nearest}}, {Rescaling: 1/255}]"
    config = configure(f"preprocessing: {{columns: {{image: {steps}}}}}")
    columns = {"image": np.arange(96, dtype=np.uint8).reshape(2, 4, 4, 3), "y": np.arange(2.0)}
    preprocessor = Preprocessor.adapt(config, columns, {"image": "tensor", "y": "numeric"}, ["image"], ["y"])
    assert preprocessor.inputs["image"].shape == (2, 2, 3)
    x = preprocessor.apply(columns)["image"]
    resized = keras.layers.Resizing(2, 2, interpolation="nearest")(columns["image"].astype(np.float32))
    np.testing.assert_allclose(x, np.asarray(resized) / 255, rtol=1e-6)
    again = Preprocessor.from_json(json.loads(json.dumps(preprocessor.to_json())), config)
    np.testing.assert_array_equal(again.apply(columns)["image"], x)


def test_layers_of_the_network_keep_their_automatic_names() -> None:
    keras.backend.clear_session()
    KerasLayer("Rescaling", {"scale": 2.0}).adapt(NUMBERS)
    assert keras.layers.Rescaling(1.0).name == "rescaling"
