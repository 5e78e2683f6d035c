"""Naive forecasts and their scores against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data.windows import WindowShape, segments_of, window_ends
from dlrun.evaluation.linear import LinearForecast, fit_linear
from dlrun.evaluation.series import BY_STEP, Past, forecast_scores, naive_forecasts, naive_step


def season_by_loop(past: Past, row: int, label: int, season: int) -> float:
    """Look for the row of the same series that lies a whole number of seasons before the label, not after `row`."""
    for seasons in range(1, 60):
        for other in range(row, -1, -1):
            same = past.numbers[other] == past.numbers[label]
            if same and past.ticks[label] - past.ticks[other] == seasons * season:
                return float(past.values[other])
    return float("nan")


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4), st.integers(1, 7))
def test_naive_forecasts_are_those_of_a_plain_loop(seed: int, length: int, horizon: int, season: int) -> None:
    generator = np.random.default_rng(seed)
    numbers = np.repeat([0, 1], [generator.integers(10, 30), generator.integers(10, 30)])
    ticks = np.concatenate([np.cumsum(generator.choice([1, 1, 1, 1, 3], (numbers == n).sum())) for n in (0, 1)]) * 1.0
    values = generator.normal(size=len(numbers))
    shape = WindowShape(length, horizon)
    ends = window_ends(shape, segments_of(numbers, ticks))
    past = Past(values, numbers, ticks, ends, shape.label_rows(ends), length, season)
    found = dict(naive_forecasts(past))
    for example, end in enumerate(ends):
        for step, label in enumerate(past.labels[example]):
            assert found["last_value"][example, step] == values[end]
            expected = season_by_loop(past, end, label, season)
            assert found["last_season"][example, step] == pytest.approx(expected, nan_ok=True)
            if length > 1:
                mean = values[end - length + 1 : end + 1].mean()
                assert found["moving_average"][example, step] == pytest.approx(mean)


def test_the_last_value_is_the_latest_that_is_known() -> None:
    values = np.array([5.0, 7.0, np.nan, 3.0])
    past = Past(values, np.zeros(4, int), np.arange(4.0), np.array([2]), np.array([[3]]), 1, None)
    assert dict(naive_forecasts(past))["last_value"].tolist() == [[7.0]]


def test_scores_by_hand() -> None:
    step = naive_step(np.array([1.0, 3.0, 2.0, 10.0]), np.array([0, 0, 0, 1]))
    assert step == {"absolute": 1.5, "squared": 2.5}
    y, forecast = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 2.0], [3.0, 1.0]])
    scores = forecast_scores(y, forecast, step)
    assert scores["mae"] == 1.0
    assert scores["mase"] == pytest.approx(1 / 1.5)
    assert scores["rmsse"] == pytest.approx(np.sqrt(2.5 / 2.5))
    assert scores["smape"] == pytest.approx((2 / 3 + 0 + 0 + 6 / 5) / 4)
    assert (scores["mae.1"], scores["mae.2"]) == (0.5, 1.5)


def test_scores_of_each_step_are_those_of_the_step_alone() -> None:
    generator = np.random.default_rng(0)
    y, forecast = generator.normal(size=(20, 3)), generator.normal(size=(20, 3))
    step = {"absolute": 0.7, "squared": 1.3}
    scores = forecast_scores(y, forecast, step, BY_STEP)
    for n in range(3):
        alone = forecast_scores(y[:, [n]], forecast[:, [n]], step)
        assert {name: scores[f"{name}.{n + 1}"] for name in BY_STEP} == alone


def test_a_constant_series_has_no_scaled_error() -> None:
    step = naive_step(np.ones(5), np.zeros(5))
    scores = forecast_scores(np.ones((3, 1)), np.full((3, 1), 2.0), step)
    assert (scores["mase"], scores["rmsse"], scores["mae"]) == (None, None, 1.0)


def test_examples_without_a_forecast_are_left_out() -> None:
    scores = forecast_scores(np.array([[1.0], [2.0]]), np.array([[np.nan], [4.0]]), {"absolute": 1.0, "squared": 1.0})
    assert scores["mae"] == 2.0


def test_the_linear_model_finds_a_linear_law() -> None:
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(300, 2)).astype(np.float32)
    ends = np.arange(2, 300)
    window = rows[ends[:, None] + np.arange(-2, 1)].reshape(len(ends), -1).astype(float)
    y = window @ np.arange(12).reshape(6, 2) + [3.0, -1.0]
    model = fit_linear(rows, ends, 3, y)
    assert model is not None
    again = LinearForecast.from_json(model.to_json())
    assert again.predict(rows, ends) == pytest.approx(y, abs=1e-3)
    assert fit_linear(rows, ends[:5], 3, y[:5]) is None
