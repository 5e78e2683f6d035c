"""What rows tell without a network: features that give the target away, repeated rows, parts that differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlrun.evaluation.diagnosis.rows import as_codes, codes, largest_shift, learnable, repeated_rows, telling_features

RANDOM = np.random.default_rng(1)
NOISE = RANDOM.normal(size=300)
TARGET = RANDOM.normal(size=300)


def test_the_feature_that_is_the_target_stands_first() -> None:
    found = telling_features({"noise": NOISE, "copy": 3 * TARGET + 1}, TARGET, is_class=False)
    assert [name for name, _ in found] == ["copy", "noise"]
    assert found[0][1] > 0.97 and found[1][1] < 0.1


def test_a_class_is_given_away_by_its_code() -> None:
    y = as_codes(np.where(TARGET > 0, "yes", "no"))
    found = dict(telling_features({"code": 7.0 - y, "noise": NOISE}, y, is_class=True))
    assert found["code"] == 1.0 and found["noise"] < 0.2


def test_a_forest_learns_what_there_is_and_no_more() -> None:
    x = np.stack([NOISE, TARGET], axis=1)
    assert learnable(x, TARGET**2, is_class=False) > 0.8
    assert learnable(NOISE[:, None], TARGET, is_class=False) < 0.05


def test_rows_are_repeated_if_every_column_is_the_same() -> None:
    train = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    test = pd.DataFrame({"b": ["x", "x", "z"], "a": [1, 2, 3]})
    assert repeated_rows(train, {"test": test}) == {"test": 2}


def test_the_column_that_differs_most_between_parts_is_told_with_its_p_value() -> None:
    from scipy.stats import ks_2samp

    train = pd.DataFrame({"same": NOISE, "moved": TARGET})
    other = pd.DataFrame({"same": RANDOM.normal(size=100), "moved": RANDOM.normal(1.0, size=100)})
    found = largest_shift(train, other)
    assert found is not None and found[0] == "moved"
    assert found[1] == pytest.approx(2 * ks_2samp(train["moved"], other["moved"]).pvalue)


def test_classes_that_are_sorted_differ() -> None:
    train, other = pd.DataFrame({"y": ["a", "b"] * 40}), pd.DataFrame({"y": ["c"] * 25})
    found = largest_shift(train, other)
    assert found is not None and found[1] < 1e-10


def test_columns_become_numbers() -> None:
    found = codes(pd.DataFrame({"n": [1.0, np.nan, 3.0], "t": ["b", "a", "b"], "flag": [True, False, True]}))
    assert found["n"].tolist() == [1.0, 2.0, 3.0]
    assert found["t"].tolist() == [1.0, 0.0, 1.0]
    assert found["flag"].tolist() == [1.0, 0.0, 1.0]
