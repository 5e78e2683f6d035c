"""Steps for categories, bins and missing values against scikit-learn."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, OrdinalEncoder

from dlrun.errors import RunError
from dlrun.preprocessing.bucketize import Bucketize
from dlrun.preprocessing.hash import Hash
from dlrun.preprocessing.impute import Impute
from dlrun.preprocessing.missing_indicator import MissingIndicator
from dlrun.preprocessing.one_hot import OneHot
from dlrun.preprocessing.ordinal import Ordinal

Array = np.ndarray[Any, Any]
words = st.lists(st.text(max_size=3), min_size=1, max_size=20)
numbers = st.lists(st.integers(-5, 5).map(lambda n: n / 2), min_size=1, max_size=20)


def column(values: list[Any]) -> Array:
    x = np.empty((len(values), 1), dtype=object if any(isinstance(v, str | None) for v in values) else np.float64)
    x[:, 0] = values
    return x


@settings(deadline=None, max_examples=60)
@given(st.one_of(st.tuples(words, words), st.tuples(numbers, numbers)))
def test_one_hot_is_sklearns_and_counts_the_unseen(values: tuple[list[Any], list[Any]]) -> None:
    train, new = map(column, values)
    step = OneHot()
    step.adapt(train)
    other = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train)
    np.testing.assert_array_equal(step.apply(train), other.transform(train))
    assert step.unseen == 0
    np.testing.assert_array_equal(step.apply(new), other.transform(new))
    assert step.unseen == sum(value not in values[0] for value in values[1])


@settings(deadline=None, max_examples=40)
@given(st.one_of(words, numbers))
def test_one_hot_without_the_first_is_sklearns(values: list[Any]) -> None:
    train = column(values)
    step = OneHot(drop="first")
    step.adapt(train)
    expected = OneHotEncoder(drop="first", sparse_output=False).fit_transform(train)
    np.testing.assert_array_equal(step.apply(train), expected)
    assert len(step.feature_names(["c"])) == len(set(values)) - 1


@settings(deadline=None, max_examples=40)
@given(st.one_of(words, numbers))
def test_ordinal_is_sklearns(values: list[Any]) -> None:
    train = column(values)
    step = Ordinal()
    step.adapt(train)
    np.testing.assert_array_equal(step.apply(train), OrdinalEncoder().fit_transform(train))


def test_ordinal_makes_an_unseen_category_zero() -> None:
    step = Ordinal()
    step.adapt(column(["b", "c", "a"]))
    assert step.apply(column(["c", "z", "b"])).tolist() == [[2.0], [0.0], [1.0]]
    assert step.unseen == 1


def test_feature_names_are_sorted_by_code_point_or_by_size() -> None:
    step = OneHot()
    step.adapt(column(["b", "가", "B", "a"]))
    assert step.feature_names(["c"]) == ["c_B", "c_a", "c_b", "c_가"]
    step.adapt(column([10.0, 2.0, 2.5]))
    assert step.feature_names(["c"]) == ["c_2", "c_2.5", "c_10"]


def test_hash_is_a_fixed_function_of_the_text() -> None:
    bins = Hash(1000).apply(column(["서울", "Busan", "서울"]))
    expected = int.from_bytes(hashlib.blake2b("서울".encode(), digest_size=8).digest(), "big") % 1000
    assert bins[0, 0] == bins[2, 0] == expected
    assert Hash(1000).apply(column([3.0])) == Hash(1000).apply(column(["3"]))
    assert set(Hash(3).apply(column([str(n) for n in range(99)])).ravel()) == {0.0, 1.0, 2.0}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=60, unique=True), st.integers(2, 8))
@pytest.mark.filterwarnings("ignore:Bins whose width:UserWarning")
def test_bucketize_is_sklearns(values: list[float], num_bins: int) -> None:
    x = column(values)
    other = KBinsDiscretizer(
        num_bins, encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf", subsample=None
    )
    step = Bucketize(num_bins)
    step.adapt(x)
    np.testing.assert_array_equal(step.apply(x), other.fit_transform(x))
    np.testing.assert_array_equal(step.apply(x * 2 - 7), other.transform(x * 2 - 7))


def test_bucketize_of_a_constant_column_is_zero() -> None:
    step = Bucketize(4)
    step.adapt(np.full((9, 1), 2.0))
    assert (step.apply(np.full((9, 1), 2.0)) == 0).all()


def test_bucketize_with_boundaries() -> None:
    step = Bucketize(boundaries=[0, 10])
    step.adapt(column([1.0]))
    assert step.apply(column([-1.0, 0.0, 9.9, 10.0, 99.0])).ravel().tolist() == [0, 1, 1, 2, 2]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.one_of(st.none(), st.integers(-4, 4).map(float)), min_size=1, max_size=20),
    st.sampled_from(["mean", "median", "most_frequent"]),
)
def test_impute_of_numbers_is_sklearns(values: list[float | None], strategy: str) -> None:
    x = np.array([[np.nan if v is None else v, 1.0] for v in [*values, 2.0]])
    step = Impute(strategy)
    step.adapt(x)
    np.testing.assert_allclose(step.apply(x), SimpleImputer(strategy=strategy).fit_transform(x), rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(st.none(), st.sampled_from("abc")), min_size=1, max_size=20))
def test_impute_of_text_is_sklearns(values: list[str | None]) -> None:
    x = column([*values, "c"])
    other = SimpleImputer(missing_values=None, strategy="most_frequent")
    step = Impute("most_frequent")
    step.adapt(x)
    assert step.apply(x).tolist() == other.fit_transform(x).tolist()


def test_impute_with_a_constant() -> None:
    step = Impute(constant=-1)
    step.adapt(np.array([[np.nan]]))
    assert step.apply(np.array([[np.nan], [4.0]])).tolist() == [[-1.0], [4.0]]
    step = Impute(constant="none")
    step.adapt(column([None, "a"]))
    assert step.apply(column([None, "a"])).tolist() == [["none"], ["a"]]


def test_missing_indicator() -> None:
    step = MissingIndicator()
    assert step.apply(np.array([[np.nan], [1.0]])).tolist() == [[1.0], [0.0]]
    assert step.apply(column([None, "a"])).tolist() == [[1.0], [0.0]]
    assert step.feature_names(["Age"]) == ["Age_missing"]


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (OneHot, {"drop": "last"}),
        (Hash, {"num_bins": 0}),
        (Hash, {"num_bins": True}),
        (Bucketize, {}),
        (Bucketize, {"num_bins": 3, "boundaries": [1]}),
        (Bucketize, {"boundaries": [2, 1]}),
        (Bucketize, {"num_bins": 1}),
        (Bucketize, {"num_bins": 10**9}),
        (Impute, {"strategy": "mode"}),
        (Impute, {"strategy": "constant"}),
        (Impute, {"strategy": "median", "constant": 1}),
        (Impute, {"constant": [1]}),
    ],
)
def test_wrong_arguments_are_refused(make: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments), "give")):
        make(**arguments)


@pytest.mark.parametrize("values", [["b", "a", "b"], [2.0, 1.5]])
@pytest.mark.parametrize("make", [OneHot, Ordinal, lambda: Impute("most_frequent")])
def test_state_is_strict_json_and_gives_the_same_bits(values: list[Any], make: Any) -> None:
    x, step, again = column(values), make(), make()
    step.adapt(x)
    again.set_state(json.loads(json.dumps(step.get_state(), allow_nan=False)))
    assert again.apply(x).tolist() == step.apply(x).tolist()


@pytest.mark.parametrize("categories", [[[2, 1]], [["a", "a"]], [["a", 1]], [[]], [[True]], "ab", [[1e400]], None])
def test_categories_of_a_stranger_are_checked(categories: Any) -> None:
    with pytest.raises(RunError):
        OneHot().set_state({"categories": categories})
