"""Labels for the losses, and predictions back in the target's own units."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.config import Config
from dlrun.errors import ConfigError, DataError, RunError
from dlrun.preprocessing.target import Targets

Array = np.ndarray[Any, Any]
Configure = Callable[[str], Config]

SOFTMAX = "layers: [{Dense: {units: 3, activation: softmax}}]\n"
SIGMOID = "layers: [{Dense: {units: 1, activation: sigmoid}}]\n"
SPARSE = SOFTMAX + "compile: {loss: sparse_categorical_crossentropy}\n"
ONE_HOT = SOFTMAX + "compile: {loss: categorical_crossentropy}\n"
BINARY = SIGMOID + "compile: {loss: binary_crossentropy}\n"


def text(*cells: Any) -> Array:
    return np.array([*cells, None], dtype=object)[:-1]


def adapt(config: Config, y: Array) -> Targets:
    return Targets.adapt(config, {"y": y})


def again(targets: Targets, config: Config) -> Targets:
    return Targets.from_json(json.loads(json.dumps(targets.to_json(), allow_nan=False)), config)


@pytest.mark.parametrize(
    ("cells", "classes", "codes"),
    [
        (text("b", "a", "가", "B"), ["B", "a", "b", "가"], [2, 1, 3, 0]),
        (np.array([10, 2, -1, 2]), [-1, 2, 10], [2, 1, 0, 1]),
        (np.array([10.0, 2.0, -1.0, 2.0]), [-1, 2, 10], [2, 1, 0, 1]),
        (text(10, 2, -1, 2), [-1, 2, 10], [2, 1, 0, 1]),
        (np.array([True, False, True]), [False, True], [1, 0, 1]),
        (text(True, False, True), [False, True], [1, 0, 1]),
    ],
)
def test_labels_are_numbered_in_sorted_order(configure: Configure, cells: Array, classes: Any, codes: Any) -> None:
    config = configure(SPARSE)
    targets = adapt(config, cells)
    assert targets.classes == {"y": classes}
    assert [type(label) for label in targets.classes["y"]] == [type(label) for label in classes]
    for each in (targets, again(targets, config)):
        y = each.apply({"y": cells})[""]
        assert (y.tolist(), y.dtype) == (codes, np.int32)
    assert targets.positive == {}


def test_one_hot_where_the_loss_wants_it(configure: Configure) -> None:
    y = adapt(configure(ONE_HOT), text("b", "c", "a")).apply({"y": text("b", "c", "a")})[""]
    assert y.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert y.dtype == np.float32


@pytest.mark.parametrize("cells", [text("No", "Yes", "No"), np.array([1, 2, 1]), np.array([False, True, False])])
def test_the_positive_label_sorts_last(configure: Configure, cells: Array) -> None:
    targets = adapt(configure(BINARY), cells)
    assert targets.positive == {"y": cells[1]}
    y = targets.apply({"y": cells})[""]
    assert (y.tolist(), y.dtype) == ([[0.0], [1.0], [0.0]], np.float32)


@pytest.mark.parametrize(
    ("cells", "positive"),
    [(text("No", "Yes", "No"), "No"), (np.array([1, 2, 1]), "1"), (np.array([False, True, False]), "False")],
)
def test_evaluate_positive_names_the_other(configure: Configure, cells: Array, positive: str) -> None:
    config = configure(BINARY + f"evaluate: {{positive: '{positive}'}}")
    targets = adapt(config, cells)
    assert targets.classes["y"] == [cells[1], cells[0]]
    for each in (targets, again(targets, config)):
        assert each.positive == {"y": cells[0]}
        assert each.apply({"y": cells})[""].tolist() == [[1.0], [0.0], [1.0]]


def test_an_unknown_positive_label_shows_the_nearest(configure: Configure) -> None:
    with pytest.raises(ConfigError, match=r"evaluate.positive: no label 'yes' in target 'y'. Did you mean 'Yes'"):
        adapt(configure(BINARY + "evaluate: {positive: yes}"), text("No", "Yes"))


def test_several_binary_labels(configure: Configure) -> None:
    config = configure(
        "data: {source: rows.csv, target: [a, b]}\nlayers: [{Dense: {units: 2, activation: sigmoid}}]\n"
        "compile: {loss: binary_crossentropy}"
    )
    columns = {"a": np.array([0, 1, 1]), "b": text("x", "y", "x")}
    targets = Targets.adapt(config, columns)
    assert targets.apply(columns)[""].tolist() == [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]]
    assert targets.positive == {"a": 1, "b": "y"}


TWO_NUMBERS = "data: {source: rows.csv, target: [a, b]}\nlayers: [{Dense: {units: 2}}]\n"


@pytest.mark.parametrize("steps", ["standard", "min_max", "robust", "log1p", "power", "[log1p, standard]", "none"])
def test_target_steps_are_undone(configure: Configure, steps: str) -> None:
    config = configure(TWO_NUMBERS + f"preprocessing: {{target: {steps}}}")
    rng = np.random.default_rng(0)
    columns = {"a": rng.gamma(2, 100, size=50), "b": rng.gamma(2, size=50)}
    targets = Targets.adapt(config, columns)
    for each in (targets, again(targets, config)):
        y = each.apply(columns)[""]
        assert y.shape == (50, 2)
        back = each.invert("", y)
        assert back.dtype == np.float64
        assert back == pytest.approx(np.stack([columns["a"], columns["b"]], axis=1), rel=1e-4)
        whole = np.stack([y, y], axis=1)  # (num_rows, horizon, num_targets)
        np.testing.assert_array_equal(each.invert("", whole)[:, 1], back)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=30), st.sampled_from(["standard", "min_max", "robust"]))
def test_target_steps_are_undone_exactly(configure: Configure, values: list[float], step: str) -> None:
    y = np.array(values)
    targets = adapt(configure(f"preprocessing: {{target: {step}}}"), y)
    scaled = targets.scaled["y"].apply(y)
    np.testing.assert_allclose(targets.invert("", scaled), y, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(y).max()))


def test_every_target_has_its_own_steps(configure: Configure) -> None:
    config = configure(TWO_NUMBERS + "preprocessing: {target: {a: standard, b: min_max}}")
    columns = {"a": np.array([1.0, 3.0]), "b": np.array([5.0, 9.0])}
    assert Targets.adapt(config, columns).apply(columns)[""].tolist() == [[-1.0, 0.0], [1.0, 1.0]]


TWO_OUTPUTS = (
    "data: {source: rows.csv, target: [price, sold]}\n"
    "layers:\n"
    "  - {Dense: {units: 1}, name: price_head, inputs: features}\n"
    "  - {Dense: {units: 1, activation: sigmoid}, name: sold_head, inputs: features}\n"
    "outputs: {price: price_head, sold: sold_head}\n"
    "compile: {loss: {price: mse, sold: binary_crossentropy}}\n"
)


def test_outputs_have_a_label_each(configure: Configure) -> None:
    config = configure(TWO_OUTPUTS + "preprocessing: {target: {price: standard}}")
    columns = {"price": np.array([1.0, 3.0]), "sold": text("no", "yes")}
    targets = Targets.adapt(config, columns)
    y = targets.apply(columns)
    assert {name: values.tolist() for name, values in y.items()} == {"price": [[-1.0], [1.0]], "sold": [[0.0], [1.0]]}
    assert targets.invert("price", np.array([[0.0]])).tolist() == [[2.0]]
    assert again(targets, config).apply(columns)["sold"].tolist() == [[0.0], [1.0]]


def test_steps_for_all_targets_leave_classes_alone(configure: Configure) -> None:
    columns = {"price": np.array([1.0, 3.0]), "sold": text("no", "yes")}
    targets = Targets.adapt(configure(TWO_OUTPUTS + "preprocessing: {target: standard}"), columns)
    assert {name: y.tolist() for name, y in targets.apply(columns).items()} == {
        "price": [[-1.0], [1.0]],
        "sold": [[0.0], [1.0]],
    }
    with pytest.raises(ConfigError, match=r"preprocessing.target.sold: the loss is for classes"):
        configure(TWO_OUTPUTS + "preprocessing: {target: {sold: standard}}")


# Errors.


@pytest.mark.parametrize(
    ("head", "cells", "what"),
    [
        (BINARY, text(*"abcab"), "tells two labels apart, but target 'y' has 3: a, b, c. Write loss: "
                                 "sparse_categorical_crossentropy, and units: 3, activation: softmax"),
        (BINARY, np.array([1.5, 2.0]), "binary_crossentropy predicts classes, but target 'y' holds numbers that are no "
                                       "classes, 1.5 for one. Write loss: mse"),
        (SPARSE, np.array([1.5, 2.0]), "sparse_categorical_crossentropy predicts classes"),
        ("compile: {loss: mse}\n", text("a", "b"), "mse predicts numbers, but target 'y' holds text, 'a' for one"),
    ],
)  # fmt: skip
def test_a_target_that_does_not_suit_the_loss(configure: Configure, head: str, cells: Array, what: str) -> None:
    with pytest.raises(ConfigError) as error:
        adapt(configure(head), cells)
    line = head.splitlines().index(next(line for line in head.splitlines() if "loss" in line)) + 1
    assert f"test.yaml:{line}:17: compile.loss: " in str(error.value)
    assert what in str(error.value)


def test_one_label_alone_is_an_error(configure: Configure) -> None:
    with pytest.raises(DataError, match=r"target 'y': all training rows have the label '1'"):
        adapt(configure(BINARY), np.array([1, 1]))


@pytest.mark.parametrize("head", [SPARSE, BINARY, ""])
def test_a_missing_label_is_an_error(configure: Configure, head: str) -> None:
    cells = np.array([1.0, np.nan, 0.0, np.nan])
    with pytest.raises(DataError, match=r"target 'y': 2 missing labels, the first in row 2"):
        adapt(configure(head), cells)
    targets = adapt(configure(head), np.array([1.0, 0.0]))
    with pytest.raises(DataError, match=r"target 'y': 1 missing label, in row 9"):
        targets.apply({"y": np.array([1.0, np.nan])}, rows=np.array([7, 8]))


@pytest.mark.parametrize(
    ("train", "new", "name"),
    [
        (text("a", "b"), text("a", "c", "c"), "'c' in 2 rows"),
        (np.array([0, 1]), np.array([0, 2]), "'2' in 1 rows"),
        (np.array([0, 1]), np.array([0.5, 1]), "'0.5' in 1 rows"),
        (np.array([0, 1]), text("0", "one"), "'one' in 1 rows"),
        (np.array([False, True]), text("True", "maybe"), "'maybe' in 1 rows"),
    ],
)
def test_a_label_not_seen_in_training_is_named(configure: Configure, train: Array, new: Array, name: str) -> None:
    targets = adapt(configure(BINARY), train)
    with pytest.raises(DataError, match=f"target 'y': label {name}.*was not there in the training rows"):
        targets.apply({"y": new})


@pytest.mark.parametrize(
    ("train", "new"),
    [
        (np.array([0, 1]), text("1", "0.0")),
        (text("1", "0"), np.array([1.0, 0.0])),
        (np.array([False, True]), text("True", "false")),
    ],
)
def test_a_label_is_found_however_it_is_written(configure: Configure, train: Array, new: Array) -> None:
    assert adapt(configure(BINARY), train).apply({"y": new})[""].tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize(
    ("head", "steps", "what"),
    [
        ("", "{clip: {min: 0}}", "clip cannot be undone"),
        ("", "{impute: mean}", "impute cannot be undone"),
    ],
)
def test_steps_that_are_none_for_a_target(configure: Configure, head: str, steps: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        adapt(configure(head + f"preprocessing: {{target: {steps}}}"), np.array([0, 1]))


def test_values_that_a_target_step_cannot_take(configure: Configure) -> None:
    config = configure("preprocessing: {target: log1p}")
    with pytest.raises(DataError, match=r"target 'y': log1p makes no finite number of -2"):
        adapt(config, np.array([1.0, -2.0]))
    targets = adapt(config, np.array([1.0, 2.0]))
    with pytest.raises(DataError, match=r"target 'y': no finite number comes of -2 in row 1 by log1p"):
        targets.apply({"y": np.array([-2.0])})
    with pytest.raises(DataError, match=r"target 'y': an infinite value in row 2"):
        adapt(config, np.array([1.0, np.inf]))


def test_an_absent_target_shows_the_nearest(configure: Configure) -> None:
    with pytest.raises(DataError, match=r"no column 'y', the target. Did you mean 'Y'"):
        adapt(configure(""), np.array([1.0])).apply({"Y": np.array([1.0])})


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"classes": [], "scaled": []},
        {"classes": [{"target": "y", "classes": ["a"]}], "scaled": []},
        {"classes": [{"target": "y", "classes": ["a", "a"]}], "scaled": []},
        {"classes": [{"target": "y", "classes": [1, True]}], "scaled": []},
        {"classes": [{"target": "y", "classes": [1.5, 2]}], "scaled": []},
        {"classes": [{"target": "z", "classes": [1, 2]}], "scaled": []},
        {"classes": [], "scaled": [{"target": "y", "steps": []}]},
    ],
)
def test_a_strangers_state_is_checked(configure: Configure, state: Any) -> None:
    with pytest.raises(RunError):
        Targets.from_json(state, configure(BINARY))
