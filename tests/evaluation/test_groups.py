"""Rows by the values of a column, and whether a difference is more than chance."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np
import pandas as pd
import pytest

from dlrun.config.heads import Head
from dlrun.evaluation.bootstrap import interval
from dlrun.evaluation.groups import MISSING, MOST_GROUPS, OTHERS, Group, groups_of, score_groups
from dlrun.evaluation.intervals import head_samples

MakeHead = Callable[..., Head]


def labels(values: pd.Series, bins: int | None = None) -> dict[str, list[int]]:
    return {group.label: group.rows.tolist() for group in groups_of(values, bins)}


def test_text_makes_groups_the_largest_first_and_missing_cells_are_one() -> None:
    found = labels(pd.Series(["b", "a", None, "b", "a", "b"], dtype=object))
    assert found == {"b": [0, 3, 5], "a": [1, 4], MISSING: [2]}
    assert list(found) == ["b", "a", MISSING]


def test_few_numbers_are_groups_and_many_make_bins_of_like_size() -> None:
    assert labels(pd.Series([2, 1, 2, 1])) == {"1": [1, 3], "2": [0, 2]}
    assert labels(pd.Series([True, False, True])) == {"false": [1], "true": [0, 2]}
    found = labels(pd.Series(np.arange(100) / 2), bins=4)
    assert [len(rows) for rows in found.values()] == pytest.approx([25] * 4, abs=1)
    assert next(iter(found)).startswith("0 to ") and next(reversed(found)).endswith(" to 49.5")
    assert sorted(chain.from_iterable(found.values())) == list(range(100))
    assert len(labels(pd.Series(np.arange(70)))) == 2  # no bin has fewer than 30 rows, unless it is asked for


def test_bins_of_a_skewed_column_and_of_times() -> None:
    found = labels(pd.Series([0.0] * 90 + [*range(1, 31)]), bins=4)
    assert {label: len(rows) for label, rows in found.items()} == {"0": 90, "1 to 30": 30}
    assert sorted(chain.from_iterable(found.values())) == list(range(120))
    found = labels(pd.Series([*range(20)] + [20.0] * 80), bins=4)  # at the other end
    assert {label: len(rows) for label, rows in found.items()} == {"0 to 19": 20, "20": 80}
    found = labels(pd.Series([0] * 800 + [*range(1, 201)]), bins=20)  # the rest is still told apart
    assert next(iter(found)) == "0" and next(reversed(found)).endswith(" to 200")
    assert [len(rows) for rows in found.values()] == pytest.approx([800, 50, 50, 50, 50], abs=1)
    found = labels(pd.Series([*range(-40, 0)] + [0] * 40 + [*range(1, 41)]), bins=3)
    assert list(found) == ["-40 to -1", "0", "1 to 40"]
    assert list(found.values())[1] == list(range(40, 80))
    days = pd.Series(pd.date_range("2020-01-01", periods=120))
    assert list(labels(days, bins=2)) == ["2020-01-01 to 2020-02-28", "2020-02-29 to 2020-04-29"]


def test_labels_of_bins_tell_their_edges_apart() -> None:
    for numbers in (12_345 + np.arange(100) / 1000, 1234 + np.arange(100) / 1000, 1e20 + np.arange(100) * 1e6):
        found = list(labels(pd.Series(numbers), bins=4))
        ends = [end for label in found for end in label.split(" to ")]
        assert len(found) == 4 and len(set(ends)) == 8
        assert [float(end) for end in ends] == sorted(float(end) for end in ends)
    assert list(labels(pd.Series([20000.5, 30000.25] * 5))) == ["20000", "30000"]
    assert list(labels(pd.Series([0.123411, 0.123412] * 5))) == ["0.123411", "0.123412"]


def test_of_many_codes_the_largest_groups_stay_in_order() -> None:
    codes = [code for code in range(100) for _ in range(1 + code)]
    found = groups_of(pd.Series(codes), coded=True)
    assert [group.label for group in found] == [*map(str, range(80, 100)), OTHERS]
    assert len(found[-1].rows) == sum(range(1, 81)) and found[0].rows.tolist() == list(range(3240, 3321))


def test_of_very_many_values_most_are_others() -> None:
    values = pd.Series(np.arange(200_000)).astype(str).astype(object)
    assert len(groups_of(values)[-1].rows) == 200_000 - MOST_GROUPS


def test_many_values_end_in_others() -> None:
    found = labels(pd.Series([f"v{i}" for i in range(MOST_GROUPS + 5)] + ["v0"], dtype=object))
    assert len(found) == MOST_GROUPS + 1
    assert len(found[OTHERS]) == 5 and found["v0"] == [0, MOST_GROUPS + 5]


def test_a_group_is_held_against_the_rest(make_head: MakeHead) -> None:
    random = np.random.default_rng(0)
    true = random.normal(size=(300, 1))
    spread = np.where(np.arange(300) < 100, 3.0, 1.0)[:, None]
    predicted = true + spread * random.normal(size=(300, 1))
    column = pd.Series(["x"] * 100 + ["y"] * 150 + ["z"] * 50, dtype=object)
    scores = {
        g.label: g for g in score_groups(make_head("mse"), 0, true, predicted, groups_of(column), "rmse")
    }  # fmt: skip
    x, errors = scores["x"], (predicted - true).ravel()
    assert x.score == pytest.approx(np.sqrt(np.mean(errors[:100] ** 2)))
    assert x.difference == pytest.approx(x.score - np.sqrt(np.mean(errors[100:] ** 2)))
    assert x.is_different and x.difference_between is not None and x.difference_between[0] > 0
    assert x.between is not None and x.between[0] < x.score < x.between[1]
    assert not scores["y"].is_small


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_of_a_series_whole_examples_are_drawn(make_head: MakeHead, loss: str, horizon: int) -> None:
    random = np.random.default_rng(0)
    true = np.repeat(random.integers(0, 2, 100), 4)[:, None].astype(np.float64)
    predicted = np.clip(0.3 * true + 0.6 * np.repeat(random.random(100), 4)[:, None], 0, 1)
    metric = "rmse" if loss == "mse" else "log_loss"
    head = make_head(loss)
    whole, half = Group("all", np.arange(400)), Group("half", np.flatnonzero(np.arange(400) % 8 < 4))
    of_all, of_half = score_groups(head, 0, true, predicted, [whole, half], metric, horizon=horizon)
    expected = interval(next(iter(head_samples(head, true, predicted, horizon=horizon).values()))[metric])
    assert of_all.between == expected
    assert expected is not None and of_half.between is not None
    if horizon == 4:  # half the examples, each in four equal rows: what is known of 50, not of 200
        widths = [high - low for low, high in (expected, of_half.between)]
        assert widths[1] == pytest.approx(np.sqrt(2) * widths[0], rel=0.35)
        alone = score_groups(head, 0, true, predicted, [half], metric)[0].between
        assert alone is not None and widths[1] > 1.5 * (alone[1] - alone[0])
    few = score_groups(head, 0, true, predicted, [Group("few", np.arange(12))], metric, horizon=4)
    assert few[0].between is None  # the steps of three examples


def test_of_a_series_group_and_rest_are_drawn_together(make_head: MakeHead) -> None:
    errors = np.repeat(np.random.default_rng(0).normal(size=60), 4)[:, None]
    half = Group("even steps", np.arange(0, 240, 2))  # of each example, and as wrong as the others
    (found,) = score_groups(make_head("mse"), 0, np.zeros((240, 1)), errors, [half], "rmse", horizon=4)
    assert found.between is not None and found.between[0] < found.between[1]
    assert found.difference_between == pytest.approx((0.0, 0.0))


def test_no_difference_is_found_where_there_is_none_and_few_rows_are_told(make_head: MakeHead) -> None:
    found = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        true = random.integers(0, 2, (200, 1))
        probability = np.clip(0.3 * true + 0.7 * random.random((200, 1)), 0, 1)
        column = pd.Series(np.repeat(["a", "b"], 100).astype(object))
        head = make_head("binary_crossentropy")
        found += [g.is_different for g in score_groups(head, 0, true, probability, groups_of(column), "accuracy")[:1]]
    assert sum(found) <= 6  # of 40, where 2 are expected
    small = pd.Series(["a"] * 6 + ["b"] * 194, dtype=object)
    groups = score_groups(head, 0, true, probability, groups_of(small), "accuracy")
    (few,) = (group for group in groups if group.label == "a")
    assert few.is_small and few.between is None and few.rows == 6
