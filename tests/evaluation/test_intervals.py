from __future__ import annotations

import numpy as np
import pytest

from dlrun.config.heads import Head
from dlrun.config.objects import ObjectSpec
from dlrun.evaluation.bootstrap import Draws, interval, regression_samples
from dlrun.evaluation.intervals import head_samples, score_intervals
from dlrun.evaluation.scores import score

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.normal(10, 2, (80, 2))
ANSWER = TRUTH + RANDOM.normal(0, 1, (80, 2))


def head(task: str, *targets: str) -> Head:
    loss = {"regression": "mse", "binary": "binary_crossentropy", "multiclass": "sparse_categorical_crossentropy"}[task]
    return Head("", targets, None, task, False, ObjectSpec(loss))  # type: ignore[arg-type]


def test_every_target_has_its_own() -> None:
    found = score_intervals([head("regression", "a", "b")], {"": TRUTH}, {"": ANSWER})
    assert list(found) == [f"{t}.{m}" for t in "ab" for m in ("rmse", "mae", "mape", "r2")]
    own = interval(regression_samples(TRUTH[:, 1], ANSWER[:, 1], Draws(80))["rmse"])
    assert found["b.rmse"] == own


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_the_score_lies_inside(task: str) -> None:
    truth = TRUTH[:, :1] if task == "regression" else RANDOM.integers(0, 2 if task == "binary" else 3, (80, 1))
    if task == "multiclass":
        answer = RANDOM.dirichlet(np.ones(3), 80) + 0.8 * np.eye(3)[truth[:, 0]]
        answer /= answer.sum(axis=1, keepdims=True)
    else:
        answer = ANSWER[:, :1] if task == "regression" else np.clip(0.3 * truth + RANDOM.uniform(0, 0.7, (80, 1)), 0, 1)
    scores = score(head(task, "y"), truth, answer)["y"]
    found = score_intervals([head(task, "y")], {"": truth}, {"": answer})
    assert set(found) == {name for name, value in scores.items() if value is not None}
    for name, (low, high) in found.items():
        assert low < scores[name] < high


def test_rows_without_a_truth_are_left_out() -> None:
    truth = TRUTH[:, :1].copy()
    truth[:5] = np.nan
    found = head_samples(head("regression", "y"), truth, ANSWER[:, :1])["y"]
    assert (found["mae"] == regression_samples(TRUTH[5:, 0], ANSWER[5:, 0], Draws(75))["mae"]).all()


def test_steps_of_an_example_are_drawn_together() -> None:
    truth, answer = TRUTH.reshape(-1, 1), ANSWER.reshape(-1, 1)
    found = head_samples(head("regression", "y"), truth, answer, horizon=4)["y"]
    expected = regression_samples(truth[:, 0], answer[:, 0], Draws(160, block=4, repeated=4))
    assert (found["rmse"] == expected["rmse"]).all()


@pytest.mark.parametrize(("examples", "horizon"), [(9, 4), (24, 24), (47, 24)])
def test_few_examples_of_a_series_say_nothing(examples: int, horizon: int) -> None:
    """One block of all examples, drawn again and again, would give an interval without a width."""
    truth, answer = RANDOM.normal(size=(2, 48 * 24, 1))
    rows = slice(0, examples * horizon)
    assert score_intervals([head("regression", "y")], {"": truth[rows]}, {"": answer[rows]}, horizon=horizon) == {}
    low, high = score_intervals([head("regression", "y")], {"": truth}, {"": answer}, horizon=24)["rmse"]
    assert low < high


def test_too_few_rows_say_nothing() -> None:
    assert score_intervals([head("regression", "y")], {"": TRUTH[:9, :1]}, {"": ANSWER[:9, :1]}) == {}
    broken = ANSWER[:, :1].copy()
    broken[3] = np.nan
    assert score_intervals([head("regression", "y")], {"": TRUTH[:, :1]}, {"": broken}) == {}
