"""Numeric steps against scikit-learn, on columns with missing values, constants and extreme scales."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import preprocessing as sk

from dlrun.preprocessing.clip import Clip
from dlrun.preprocessing.log1p import Log1p
from dlrun.preprocessing.min_max import MinMax
from dlrun.preprocessing.none import NoStep
from dlrun.preprocessing.power import Power
from dlrun.preprocessing.quantile import Quantile
from dlrun.preprocessing.robust import Robust
from dlrun.preprocessing.standard import Standard
from dlrun.preprocessing.step import Step

Array = np.ndarray[Any, Any]


@st.composite
def matrices(draw: st.DrawFn) -> tuple[Array, Array]:
    """Training rows and other rows: missing values, constant columns, scales from 1e-100 to 1e100, far offsets."""
    num_rows, width = draw(st.integers(2, 30)), draw(st.integers(1, 4))
    cell = st.one_of(st.floats(-1, 1, width=32), st.integers(-3, 3).map(float))
    x = draw(arrays(np.float64, (2 * num_rows, width), elements=cell))
    for i in range(width):
        x[:, i] = x[:, i] * 10.0 ** draw(st.integers(-100, 100)) + draw(st.sampled_from([0.0, 0.0, 1.0, -1e6]))
        if draw(st.booleans()):
            x[draw(st.integers(1, num_rows - 1)) : num_rows : 2, i] = np.nan
        if draw(st.integers(0, 4)) == 0:
            x[:, i] = draw(st.sampled_from([0.0, 0.1, 3.0, -7e8]))
    return x[:num_rows], x[num_rows:]


def assert_same(step: Step, other: Any, train: Array, new: Array) -> None:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        step.adapt(train)
        other.fit(train)
        for x in (train, new):
            expected = other.transform(x)
            scale = np.maximum(1.0, np.abs(np.nan_to_num(expected)))
            difference = np.nan_to_num((step.apply(x) - expected) / scale, nan=0.0, posinf=np.inf)
            assert (np.isnan(step.apply(x)) == np.isnan(expected)).all()
            assert np.abs(difference).max() <= 1e-12


@settings(deadline=None, max_examples=60)
@given(matrices())
def test_min_max_is_sklearns(rows: tuple[Array, Array]) -> None:
    assert_same(MinMax(), sk.MinMaxScaler(), *rows)
    assert_same(MinMax(feature_range=[-1, 1]), sk.MinMaxScaler(feature_range=(-1, 1)), *rows)


@settings(deadline=None, max_examples=60)
@given(matrices())
def test_robust_is_sklearns(rows: tuple[Array, Array]) -> None:
    assert_same(Robust(), sk.RobustScaler(), *rows)
    assert_same(Robust([10, 90]), sk.RobustScaler(quantile_range=(10, 90)), *rows)


@settings(deadline=None, max_examples=60)
@given(matrices())
def test_standard_is_sklearns(rows: tuple[Array, Array]) -> None:
    assert_same(Standard(), sk.StandardScaler(), *rows)


@pytest.fixture
def skewed() -> Array:
    x = np.random.default_rng(0).gamma(2.0, size=(200, 3)) * [1.0, 1e-3, 1e4] + [0.0, 1e-4, 5.0]
    x[::7, 1] = np.nan
    return x


@pytest.mark.parametrize("method", ["yeo-johnson", "box-cox"])
@pytest.mark.parametrize("standardize", [True, False])
def test_power_is_sklearns(skewed: Array, method: str, standardize: bool) -> None:
    other = sk.PowerTransformer(method=method, standardize=standardize)
    assert_same(Power(method, standardize), other, skewed[:150], skewed[150:])


def test_power_of_negative_values_is_sklearns(skewed: Array) -> None:
    x = skewed - np.nanmedian(skewed, axis=0)
    assert_same(Power(), sk.PowerTransformer(), x[:150], x[150:])


def test_box_cox_leaves_a_constant_column_at_zero() -> None:
    step = Power("box-cox")
    step.adapt(np.full((5, 1), 3.0))
    assert np.abs(step.apply(np.full((5, 1), 3.0))).max() < 1e-12


@settings(deadline=None, max_examples=40)
@given(matrices(), st.sampled_from(["uniform", "normal"]), st.integers(2, 50))
def test_quantile_is_sklearns(rows: tuple[Array, Array], distribution: str, n: int) -> None:
    other = sk.QuantileTransformer(n_quantiles=n, output_distribution=distribution, subsample=None)
    assert_same(Quantile(distribution, n), other, *rows)


def test_values_outside_of_the_training_range_are_not_clipped() -> None:
    step = MinMax()
    step.adapt(np.array([[0.0], [10.0]]))
    assert step.apply(np.array([[-5.0], [20.0]])).tolist() == [[-0.5], [2.0]]


@pytest.mark.parametrize("step", [MinMax(), Standard(), Robust(), Power(), Quantile()], ids=lambda s: type(s).__name__)
def test_a_constant_column_becomes_zero(step: Step) -> None:
    x = np.full((4, 1), 1 / 3)
    step.adapt(x)
    if isinstance(step, Quantile):  # scikit-learn's: the one value is the lowest quantile
        assert (step.apply(x) == 0).all()
    assert np.abs(step.apply(x)).max() < 1e-12


STEPS = {
    "min_max": (MinMax, [[-2, 3]]),
    "standard": (Standard, []),
    "robust": (Robust, []),
    "log1p": (Log1p, []),
    "none": (NoStep, []),
    "power": (Power, []),
    "box_cox": (Power, ["box-cox"]),
    "quantile": (Quantile, ["uniform", 40]),
    "quantile_normal": (Quantile, ["normal", 40]),
}


@pytest.mark.parametrize("name", STEPS)
def test_inverse_undoes(skewed: Array, name: str) -> None:
    make, arguments = STEPS[name]
    x = skewed[:, :1]
    step = make(*arguments)
    step.adapt(x)
    assert step.invert(step.apply(x)) == pytest.approx(x, rel=1e-6 if "quantile" in name else 1e-9)


@pytest.mark.parametrize("name", STEPS)
def test_state_is_strict_json_and_gives_the_same_bits(skewed: Array, name: str) -> None:
    make, arguments = STEPS[name]
    step, again = make(*arguments), make(*arguments)
    step.adapt(skewed)
    again.set_state(json.loads(json.dumps(step.get_state(), allow_nan=False)))
    np.testing.assert_array_equal(again.apply(skewed), step.apply(skewed))


@pytest.mark.parametrize("name", STEPS)
def test_a_single_column_may_have_one_axis(skewed: Array, name: str) -> None:
    make, arguments = STEPS[name]
    step = make(*arguments)
    step.adapt(skewed[:, 0])
    assert step.apply(skewed[:, 0]).shape == (200,)


def test_clip() -> None:
    x = np.array([[-2.0], [0.5], [np.nan], [9.0]])
    np.testing.assert_array_equal(Clip(min=0, max=1).apply(x), [[0.0], [0.5], [np.nan], [1.0]])
    np.testing.assert_array_equal(Clip(max=1).apply(x), [[-2.0], [0.5], [np.nan], [1.0]])


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (MinMax, {"feature_range": [1, 0]}),
        (MinMax, {"feature_range": 3}),
        (MinMax, {"feature_range": ["a", "b"]}),
        (Robust, {"quantile_range": [0, 101]}),
        (Power, {"method": "log"}),
        (Power, {"standardize": "yes"}),
        (Quantile, {"output_distribution": "gauss"}),
        (Quantile, {"n_quantiles": 1}),
        (Clip, {}),
        (Clip, {"min": 2, "max": 1}),
        (Clip, {"min": "0"}),
    ],
)
def test_wrong_arguments_are_refused(make: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments), "give")):
        make(**arguments)
