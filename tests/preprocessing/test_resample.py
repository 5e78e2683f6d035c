"""Resampling; the expected rows were made with imbalanced-learn 0.14.2, random_state=7."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.config import Config
from dlrun.errors import ConfigError, DataError
from dlrun.preprocessing.resample import Oversample, Undersample, resample_rows

LETTERS = np.array(list("acaaaabcaabcabbb"), dtype=object)  # 8 a, 5 b, 3 c
ALL = list(range(16))
OVER = {
    "minority": [1, 7, 11, 1, 7],
    "not minority": [15, 10, 14],
    "not majority": [15, 10, 14, 1, 7, 11, 1, 7],
    "all": [15, 10, 14, 1, 7, 11, 1, 7],
    "auto": [15, 10, 14, 1, 7, 11, 1, 7],
    "{a: 9, c: 4}": [12, 1],
}
UNDER = {
    "majority": [3, 8, 0, 6, 10, 13, 14, 15, 1, 7, 11],
    "not minority": [3, 8, 0, 14, 15, 13, 1, 7, 11],
    "not majority": [0, 2, 3, 4, 5, 8, 9, 12, 6, 14, 13, 11, 7, 1],
    "all": [3, 8, 0, 14, 15, 13, 7, 1, 11],
    "auto": [3, 8, 0, 14, 15, 13, 1, 7, 11],
    "{a: 2, b: 3}": [3, 8, 14, 15, 13, 1, 7, 11],
}


def config_of(configure: Callable[[str], Config], step: str) -> Config:
    head = "layers: [{Dense: {units: 3, activation: softmax}}]\ncompile: {loss: sparse_categorical_crossentropy}"
    return configure(f"preprocessing: {{resample: {step}}}\n{head}")


@pytest.mark.parametrize("strategy", OVER)
def test_oversample_repeats_imbalanced_learns_rows(configure: Any, strategy: str) -> None:
    rows = resample_rows(config_of(configure, f"{{oversample: {{sampling_strategy: {strategy}}}}}"), LETTERS, 7)
    assert rows.tolist() == ALL + OVER[strategy]


@pytest.mark.parametrize("strategy", UNDER)
def test_undersample_keeps_imbalanced_learns_rows(configure: Any, strategy: str) -> None:
    rows = resample_rows(config_of(configure, f"{{undersample: {{sampling_strategy: {strategy}}}}}"), LETTERS, 7)
    assert rows.tolist() == UNDER[strategy]


@pytest.mark.parametrize(
    ("make", "fraction", "expected"),
    [
        (Oversample, 0.5, [*range(14), 13]),
        (Oversample, 0.8, [*range(14), 13, 10, 11, 12]),
        (Undersample, 0.5, [8, 5, 0, 2, 1, 9, 7, 3, 10, 11, 12, 13]),
        (Undersample, 0.8, [8, 5, 0, 2, 1, 10, 11, 12, 13]),
    ],
)
def test_a_fraction_for_two_classes(make: Any, fraction: float, expected: list[int]) -> None:
    labels = np.array([0] * 10 + [1] * 4)
    assert make(fraction).rows(labels, np.random.RandomState(7)).tolist() == expected


@pytest.mark.parametrize(
    ("make", "strategy", "expected"),
    [
        (Oversample, "minority", [0, 1, 2, 3, 4, 5, 6, 2]),
        (Oversample, "not majority", [0, 1, 2, 3, 4, 5, 6, 2, 1]),
        (Undersample, "majority", [0, 2, 1, 3, 6, 5]),
        (Undersample, "not minority", [0, 2, 1, 3, 6, 5]),
    ],
)
def test_of_classes_of_one_size_the_first_counts(make: Any, strategy: str, expected: list[int]) -> None:
    labels = np.array([0, 1, 0, 1, 2, 2, 2])
    assert make(strategy).rows(labels, np.random.RandomState(7)).tolist() == expected


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=40).filter(lambda y: len(set(y)) > 1), st.integers(0, 99))
def test_classes_become_even_and_rows_depend_on_the_seed_alone(labels: list[int], seed: int) -> None:
    y = np.array(labels)
    over = Oversample().rows(y, np.random.RandomState(seed))
    under = Undersample().rows(y, np.random.RandomState(seed))
    assert set(np.unique(y[over], return_counts=True)[1]) == {np.bincount(y).max()}
    assert len(set(np.unique(y[under], return_counts=True)[1])) == 1
    assert len(set(under.tolist())) == len(under)
    assert (over == Oversample().rows(y, np.random.RandomState(seed))).all()


def test_steps_follow_each_other(configure: Any) -> None:
    config = config_of(configure, "[{oversample: {sampling_strategy: {c: 5}}}, {undersample: majority}]")
    rows = resample_rows(config, LETTERS, 7)
    assert np.unique(LETTERS[rows], return_counts=True)[1].tolist() == [5, 5, 5]


def test_without_a_step_all_rows_stay(configure: Any) -> None:
    assert resample_rows(configure(), LETTERS, 7).tolist() == ALL


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("{oversample: minorty}", "Did you mean 'minority'"),
        ("{undersample: minority}", "this is .minority.. Did you mean"),
        ("{oversample: 1.5}", "fraction"),
        ("{oversample: 0.5}", "for two classes; there are 3"),
        ("{oversample: {sampling_strategy: {a: 4}}}", "has 8 rows already, not 4"),
        ("{undersample: {sampling_strategy: {c: 4}}}", "has 3 rows, not 4"),
        ("{undersample: {sampling_strategy: {d: 1}}}", "no label 'd'"),
    ],
)
def test_what_cannot_be_done_is_an_error_at_its_place(configure: Any, step: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        resample_rows(config_of(configure, step), LETTERS, 7)
    assert "test.yaml:1:" in str(caught.value)


def test_labels_of_a_mapping_are_compared_as_text() -> None:
    labels = np.array([True, False, False])
    assert Oversample({"True": 3}).rows(labels, np.random.RandomState(0)).tolist() == [0, 1, 2, 0, 0]
    assert Undersample({"0": 1}).rows(np.array([1.0, 0.0, 1.0, 0.0]), np.random.RandomState(0)).tolist() == [3, 0, 2]


def test_one_class_cannot_be_made_even() -> None:
    with pytest.raises(DataError, match=r"two classes"):
        Oversample().rows(np.zeros(3), np.random.RandomState(0))
