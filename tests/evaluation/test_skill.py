"""Skill in plain words."""

from __future__ import annotations

from dlrun.evaluation.verdict import verdict

PERSISTENCE = {"last_value": {"mae": 2.55, "rmse": 3.35}, "mean": {"mae": 9.0, "rmse": 10.0}}


def test_a_network_worse_than_persistence_has_no_skill() -> None:
    assert verdict("test", {"mae": 2.97, "rmse": 3.8}, PERSISTENCE) == [
        "The network has no skill on the test rows: MAE 2.97 against 2.55 of the last known value. "
        "It is worse than that, which costs nothing."
    ]


def test_a_hair_better_is_no_skill() -> None:
    (sentence,) = verdict("test", {"mae": 2.51}, PERSISTENCE)
    assert "no skill" in sentence and "about as good as" in sentence


def test_the_best_naive_forecast_counts_and_then_the_linear_model() -> None:
    baselines = {**PERSISTENCE, "last_season": {"mae": 2.0}, "linear": {"mae": 1.0}}
    assert verdict("validation", {"mae": 1.5}, baselines) == [
        "The network has skill on the validation rows: MAE 1.5 against 2 of the value one season before, 25 % lower.",
        "It is worse than a linear model on the same windows, whose MAE is 1.",
    ]


def test_several_targets_are_told_one_by_one() -> None:
    baselines = {"last_value": {"a.mae": 1.0, "b.mae": 1.0, "a.mae.1": 1.0}}
    first, second = verdict("test", {"a.mae": 0.5, "b.mae": 2.0}, baselines)
    assert first.startswith("a: the network has skill")
    assert second.startswith("b: the network has no skill")
