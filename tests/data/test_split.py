import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from dlrun.config import Config
from dlrun.data.cuts import grouped_cut, held_out, last_cut, shuffled_cut, stratified_cut
from dlrun.data.dtypes import tidy_frame
from dlrun.data.origins import FileRecord, Origins
from dlrun.data.split import split_rows
from dlrun.data.table import Table
from dlrun.errors import ConfigError, DataError

Configure = Callable[..., Config]
SIZES = st.one_of(st.floats(0.05, 0.9), st.integers(1, 8))


def table_of(columns: dict[str, Any], config: Config) -> Table:
    frame = tidy_frame(pd.DataFrame(columns))
    return Table(frame, origins=Origins(config, [FileRecord(Path("rows.csv"), "", 0, 0, len(frame))]))


def rows_of(configure: Configure, columns: dict[str, Any], split: dict[str, Any], **more: Any) -> dict[str, list[int]]:
    config = configure({"split": split}, **more)
    return {name: rows.tolist() for name, rows in split_rows(table_of(columns, config), config).items()}


NUMBERS = {"x": range(100), "y": [n % 3 == 0 for n in range(100)]}


@settings(deadline=None, max_examples=60)
@given(st.integers(20, 200), SIZES, st.integers(0, 2**31))
def test_the_shuffled_cut_is_scikit_learns(num_rows: int, size: float, seed: int) -> None:
    rest, held = shuffled_cut(num_rows, size, seed)
    theirs = train_test_split(np.arange(num_rows), test_size=size, random_state=seed)
    assert rest.tolist() == theirs[0].tolist()
    assert held.tolist() == theirs[1].tolist()


@settings(deadline=None, max_examples=60)
@given(st.integers(20, 200), SIZES)
def test_the_last_rows_are_scikit_learns(num_rows: int, size: float) -> None:
    rest, held = last_cut(num_rows, size)
    theirs = train_test_split(np.arange(num_rows), test_size=size, shuffle=False)
    assert rest.tolist() == theirs[0].tolist()
    assert held.tolist() == theirs[1].tolist()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from("abcdefghijkl"), min_size=30, max_size=80), st.floats(0.1, 0.7), st.integers(0, 2**31))
def test_the_grouped_cut_is_scikit_learns(names: list[str], size: float, seed: int) -> None:
    groups = np.array([*names, *"abcdefghijkl"])
    rest, held = grouped_cut(groups, size, seed)
    splitter = GroupShuffleSplit(n_splits=1, test_size=size, random_state=seed)
    theirs = next(splitter.split(groups, groups=groups))
    assert rest.tolist() == theirs[0].tolist()
    assert held.tolist() == theirs[1].tolist()
    assert not set(groups[rest]) & set(groups[held])


def test_the_stratified_cut_is_scikit_learns() -> None:
    labels = np.array(list("aabbbbbccccc") * 5)
    theirs = train_test_split(np.arange(60), test_size=0.25, random_state=3, stratify=labels)
    assert [rows.tolist() for rows in stratified_cut(labels, 0.25, 3)] == [rows.tolist() for rows in theirs]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(2, 9), min_size=1, max_size=6),
    st.floats(0.05, 0.95) | st.integers(1, 30),
    st.integers(0, 2**32 - 1),
)
def test_stratified_cuts_of_any_classes_are_scikit_learns(counts: list[int], size: float | int, seed: int) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    held = held_out(size, len(labels))
    assume(min(held, len(labels) - held) >= len(counts))  # others are refused before
    theirs = train_test_split(np.arange(len(labels)), test_size=size, random_state=seed, stratify=labels)
    assert [rows.tolist() for rows in stratified_cut(labels, size, seed)] == [rows.tolist() for rows in theirs]


def test_two_fractions_are_cut_one_after_the_other(configure: Configure) -> None:
    parts = rows_of(configure, NUMBERS, {"test": 0.2, "validation": 0.2, "seed": 7})
    rest, test = train_test_split(np.arange(100), test_size=0.2, random_state=7)
    train, validation = train_test_split(rest, test_size=0.2, random_state=7)
    assert parts == {"train": train.tolist(), "validation": validation.tolist(), "test": test.tolist()}
    assert [len(rows) for rows in parts.values()] == [64, 16, 20]


def test_the_runs_seed_is_the_default(configure: Configure) -> None:
    parts = rows_of(configure, NUMBERS, {"test": 30}, seed=11)
    assert parts["test"] == train_test_split(np.arange(100), test_size=30, random_state=11)[1].tolist()


def test_stratify_true_follows_the_class_target_in_both_cuts(configure: Configure) -> None:
    split = {"test": 0.2, "validation": 0.25, "stratify": True, "seed": 5}
    parts = rows_of(configure, NUMBERS, split, loss="binary_crossentropy")
    y = np.array(NUMBERS["y"])
    rest, test = train_test_split(np.arange(100), test_size=0.2, random_state=5, stratify=y)
    train, validation = train_test_split(rest, test_size=0.25, random_state=5, stratify=y[rest])
    assert parts == {"train": train.tolist(), "validation": validation.tolist(), "test": test.tolist()}


def test_stratify_by_a_text_column(configure: Configure) -> None:
    columns = {**NUMBERS, "city": ["Seoul", "Busan", "Jeju", "Jeju", "Daegu"] * 20}
    parts = rows_of(configure, columns, {"test": 0.3, "stratify": "city", "seed": 5})
    theirs = train_test_split(np.arange(100), test_size=0.3, random_state=5, stratify=columns["city"])
    assert parts == {"train": theirs[0].tolist(), "test": theirs[1].tolist()}


def test_shuffle_false_takes_the_last_rows(configure: Configure) -> None:
    parts = rows_of(configure, NUMBERS, {"test": 10, "validation": 0.1, "shuffle": False})
    assert parts == {"train": [*range(81)], "validation": [*range(81, 90)], "test": [*range(90, 100)]}


def test_a_group_stays_in_one_part(configure: Configure) -> None:
    columns = {**NUMBERS, "patient": [n // 5 for n in range(100)]}
    parts = rows_of(configure, columns, {"test": 0.2, "validation": 0.25, "group": "patient", "seed": 1})
    patients = np.array(columns["patient"])
    rest, test = next(GroupShuffleSplit(1, test_size=0.2, random_state=1).split(patients, groups=patients))
    of_rest = patients[rest]
    train, validation = next(GroupShuffleSplit(1, test_size=0.25, random_state=1).split(of_rest, groups=of_rest))
    assert parts == {"train": rest[train].tolist(), "validation": rest[validation].tolist(), "test": test.tolist()}


def test_a_column_names_the_part(configure: Configure) -> None:
    columns = {"x": range(5), "y": range(5), "fold": ["test", "train", "train", "validation", "train"]}
    assert rows_of(configure, columns, {"column": "fold"}) == {"train": [1, 2, 4], "validation": [3], "test": [0]}


DAYS = {"x": range(10), "y": range(10), "day": [f"2019-01-{n:02}" for n in (10, 1, 2, 3, 4, 5, 6, 7, 8, 9)]}


def test_dates_are_the_first_moments_of_their_parts(configure: Configure) -> None:
    split = {"time": "day", "validation": "2019-01-06", "test": "2019-01-09"}
    assert rows_of(configure, DAYS, split) == {"train": [1, 2, 3, 4, 5], "validation": [6, 7, 8], "test": [0, 9]}


def test_with_a_time_a_fraction_is_of_the_latest_rows(configure: Configure) -> None:
    parts = rows_of(configure, DAYS, {"time": "day", "test": 0.2, "validation": 2})
    assert parts == {"train": [1, 2, 3, 4, 5, 6], "validation": [7, 8], "test": [0, 9]}


def test_numbers_may_be_the_time(configure: Configure) -> None:
    columns = {"x": range(4), "y": range(4), "year": [2003, 2001, 2000, 2002]}
    assert rows_of(configure, columns, {"time": "year", "test": 0.25}) == {"train": [1, 2, 3], "test": [0]}
    parts = rows_of(configure, columns, {"time": "year", "test": "2002-01-01"})
    assert parts == {"train": [1, 2], "test": [0, 3]}


def test_an_embargo_leaves_out_the_rows_before_a_border(configure: Configure) -> None:
    split = {"time": "day", "validation": "2019-01-06", "test": "2019-01-09", "embargo": 2}
    assert rows_of(configure, DAYS, split) == {"train": [1, 2, 3], "validation": [6], "test": [0, 9]}


def test_an_embargo_counts_in_each_series(configure: Configure) -> None:
    columns = {"x": range(8), "y": range(8), "store": list("abababab")}
    sections = {"preprocessing": {"window": {"length": 2, "series": "store"}}}
    parts = rows_of(configure, columns, {"test": 2, "embargo": 1}, **sections)
    assert parts == {"train": [0, 1, 2, 3], "test": [6, 7]}


@pytest.mark.parametrize(("fraction", "num_rows"), [(0.2, 404), (0.2, 10), (0.25, 7), (0.1, 99), (0.3, 10)])
def test_validation_split_is_keras(configure: Configure, fraction: float, num_rows: int) -> None:
    columns = {"x": range(num_rows), "y": range(num_rows)}
    parts = rows_of(configure, columns, {}, fit={"epochs": 1, "validation_split": fraction})
    at = math.floor(num_rows * (1.0 - fraction))  # keras.src.trainers.data_adapters.train_validation_split
    assert parts == {"train": [*range(at)], "validation": [*range(at, num_rows)]}


def test_validation_split_takes_the_last_of_the_shuffled_training_rows(configure: Configure) -> None:
    parts = rows_of(configure, NUMBERS, {"test": 0.2, "seed": 20}, fit={"epochs": 1, "validation_split": 0.2})
    train, test = train_test_split(np.arange(100), test_size=0.2, random_state=20)
    assert parts == {"train": train[:64].tolist(), "validation": train[64:].tolist(), "test": test.tolist()}


def test_without_a_split_all_rows_train(configure: Configure) -> None:
    assert rows_of(configure, {"x": [1, 2], "y": [3, 4]}, {}) == {"train": [0, 1]}


COLUMNS = {
    **NUMBERS,
    "c": list("aab") * 33 + ["rare"],
    "g": [None] + ["g"] * 99,
    "fold": ["train"] * 99 + ["tset"],
    "day": ["2019-01-01"] * 99 + ["soon"],
    "t": pd.date_range("2019-01-01", periods=100),
}


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ({"test": 0.2, "stratify": "c"}, "data.split.stratify: class 'rare' has 1 row"),
        ({"test": 0.01, "stratify": "y"}, "data.split.test: the test part has 1 rows for 2 classes"),
        ({"test": 0.2, "group": "g"}, "column 'g' has no value in row 1 of rows.csv"),
        ({"test": 100}, "data.split.test: test would take 100 of 100 rows, and leave none to train"),
        ({"test": 60, "validation": 50}, "data.split.validation: validation would take 50 of 40 rows"),
        ({"column": "fold"}, "'tset' in row 100 of rows.csv is no part. Did you mean 'test'?"),
        ({"time": "day", "test": "2019-01-01"}, "column 'day': 'soon' in row 100 of rows.csv is no ISO time"),
        ({"time": "t", "test": "2030-01-01"}, "the test part has no rows"),
        ({"time": "t", "test": "2019-01-01"}, "no row is left to train"),
        ({"time": "t", "test": 0.1, "embargo": 95}, "an embargo of 95 rows leaves none in the train part"),
        ({"test": 0.1, "embargo": 3}, "an embargo needs rows in order"),
    ],
)
def test_a_split_that_cannot_be_says_why(configure: Configure, split: dict[str, Any], said: str) -> None:
    with pytest.raises((ConfigError, DataError)) as caught:
        rows_of(configure, COLUMNS, split)
    assert said in str(caught.value)


def test_a_validation_split_of_nothing_is_an_error(configure: Configure) -> None:
    with pytest.raises(DataError, match=r"0.1 of 1 training rows leaves no row to train"):
        rows_of(configure, {"x": [1], "y": [1]}, {}, fit={"epochs": 1, "validation_split": 0.1})


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), num_rows=st.integers(30, 120))
def test_parts_are_disjoint_and_complete(configure: Configure, data: st.DataObject, num_rows: int) -> None:
    draw = np.random.default_rng(data.draw(st.integers(0, 99)))
    columns = {
        "x": draw.normal(size=num_rows),
        "y": np.arange(num_rows) % 2,
        "g": draw.permutation(np.arange(num_rows) % 9),
        "t": pd.Timestamp("2020-01-01") + pd.to_timedelta(draw.permutation(num_rows), unit="D"),
        "fold": draw.permutation(["train", "test", "validation"] * num_rows)[:num_rows],
    }
    sizes = {"test": data.draw(st.floats(0.1, 0.4)), "validation": data.draw(st.floats(0.15, 0.4))}
    dates = {"test": "2020-01-20", "validation": "2020-01-10", "time": "t"}
    forms: list[dict[str, Any]] = [
        sizes,
        {**sizes, "stratify": True},
        {**sizes, "group": "g"},
        {**sizes, "shuffle": False},
        {**sizes, "time": "t"},
        dates,
        {"column": "fold"},
    ]
    split = data.draw(st.sampled_from(forms))
    parts = rows_of(configure, columns, split, loss="binary_crossentropy")
    rows = [row for part in parts.values() for row in part]
    assert sorted(rows) == [*range(num_rows)]
    assert all(parts.values())
    if split.get("group"):
        groups = [set(columns["g"][part]) for part in parts.values()]
        assert sum(map(len, groups)) == len(set.union(*groups))
