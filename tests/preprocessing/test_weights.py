"""Class weights against scikit-learn and arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from dlrun.config import Config
from dlrun.errors import ConfigError, DataError
from dlrun.preprocessing.preprocessor import Preprocessor
from dlrun.preprocessing.weights import class_weights

Configure = Callable[[str], Config]
SPARSE = "layers: [{Dense: {units: 3, activation: softmax}}]\ncompile: {loss: sparse_categorical_crossentropy}\n"
ONE_HOT = "layers: [{Dense: {units: 3, activation: softmax}}]\ncompile: {loss: categorical_crossentropy}\n"
BINARY = "layers: [{Dense: {units: 1, activation: sigmoid}}]\ncompile: {loss: binary_crossentropy}\n"
Y = np.array(["b", "a", "c", "b", "b", "a"], dtype=object)


def weights(config: Config, sample_weight: Any = None, **targets: Any) -> Any:
    columns = {"x": np.arange(float(len(next(iter(targets.values()))))), **targets}
    kinds = {"x": "numeric", **dict.fromkeys(targets, "categorical")}
    preprocessor = Preprocessor.adapt(config, columns, kinds, ["x"], list(targets))
    return class_weights(config, preprocessor, preprocessor.apply_target(columns), sample_weight)


@pytest.mark.parametrize(
    ("head", "y"), [(SPARSE, Y), (ONE_HOT, Y), (BINARY, np.array([0, 1, 1, 1, 1])), (BINARY, np.array([True, False]))]
)
def test_balanced_is_sklearns(configure: Configure, head: str, y: Any) -> None:
    result = weights(configure(head + "fit: {epochs: 1, class_weight: balanced}"), y=y)
    assert list(result) == [""]
    assert result[""].dtype == np.float32
    np.testing.assert_allclose(result[""], compute_sample_weight("balanced", y), rtol=1e-6)


def test_balanced_follows_the_positive_label(configure: Configure) -> None:
    y = np.array([0, 1, 1, 1])
    config = configure(BINARY + "fit: {epochs: 1, class_weight: {'0': 5}}\nevaluate: {positive: '0'}")
    assert weights(config, y=y)[""].tolist() == [5.0, 1.0, 1.0, 1.0]


def test_a_mapping_is_by_original_label_and_what_it_leaves_out_weighs_one(configure: Configure) -> None:
    config = configure(SPARSE + "fit: {epochs: 1, class_weight: {a: 2, c: 0.5}}")
    assert weights(config, y=Y)[""].tolist() == [1.0, 2.0, 0.5, 1.0, 1.0, 2.0]
    config = configure(BINARY + "fit: {epochs: 1, class_weight: {'False': 3}}")
    assert weights(config, y=np.array([True, False]))[""].tolist() == [1.0, 3.0]


def test_a_weight_column_multiplies(configure: Configure) -> None:
    config = configure(BINARY + "fit: {epochs: 1, class_weight: balanced, sample_weight: w}")
    result = weights(config, np.array([1.0, 2.0, 0.0, 1.0]), y=np.array([0, 1, 1, 1]))
    np.testing.assert_allclose(result[""], [2.0, 4 / 3, 0.0, 2 / 3], rtol=1e-6)
    config = configure("fit: {epochs: 1, sample_weight: w}")
    assert weights(config, np.array([3, 4]), y=np.array([0.5, 1.0]))[""].tolist() == [3.0, 4.0]


def test_without_weights_there_are_none(configure: Configure) -> None:
    assert weights(configure(SPARSE), y=Y) is None


TWO = (
    "data: {source: rows.csv, target: [price, sold]}\n"
    "layers:\n"
    "  - {Dense: {units: 1}, name: price_head, inputs: features}\n"
    "  - {Dense: {units: 1, activation: sigmoid}, name: sold_head, inputs: features}\n"
    "outputs: {price: price_head, sold: sold_head}\n"
    "compile: {loss: {price: mse, sold: binary_crossentropy}}\n"
)


@pytest.mark.parametrize("given", ["balanced", "{sold: balanced}"])
def test_with_outputs_weights_are_per_target(configure: Configure, given: str) -> None:
    config = configure(TWO + f"fit: {{epochs: 1, class_weight: {given}}}")
    result = weights(config, price=np.array([1.0, 2.0, 3.0, 4.0]), sold=np.array([0, 1, 1, 1]))
    np.testing.assert_allclose(result["sold"], [2.0, 2 / 3, 2 / 3, 2 / 3], rtol=1e-6)
    assert result["price"].tolist() == [1.0] * 4
    config = configure(TWO + "fit: {epochs: 1, class_weight: {sold: {'1': 7}}}")
    result = weights(config, price=np.array([1.0, 2.0]), sold=np.array([0, 1]))
    assert result["sold"].tolist() == [1.0, 7.0]


def test_a_weight_for_an_unknown_label_is_an_error_at_its_place(configure: Configure) -> None:
    with pytest.raises(ConfigError) as error:
        weights(configure(SPARSE + "fit: {epochs: 1, class_weight: {a: 2, aa: 1, d: 1}}"), y=Y)
    assert "fit.class_weight.aa: no label 'aa' in target 'y'. Did you mean 'a'?" in str(error.value)
    assert "fit.class_weight.d: no label 'd' in target 'y'. There are: a, b, c." in str(error.value)


def test_a_row_of_several_labels_has_no_class_weight(configure: Configure) -> None:
    config = configure(
        "data: {source: rows.csv, target: [a, b]}\nlayers: [{Dense: {units: 2, activation: sigmoid}}]\n"
        "compile: {loss: binary_crossentropy}\nfit: {epochs: 1, class_weight: balanced}"
    )
    with pytest.raises(ConfigError, match=r"one output predicts 2 targets"):
        weights(config, a=np.array([0, 1]), b=np.array([0, 1]))


def test_a_weight_column_with_something_else_is_an_error(configure: Configure) -> None:
    config = configure("fit: {epochs: 1, sample_weight: w}")
    with pytest.raises(DataError, match=r"column 'w': a weight is a number from 0; there is -4 in row 2"):
        weights(config, np.array([1.0, -4.0]), y=np.array([0.5, 1.0]))
