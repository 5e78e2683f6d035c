"""Series whose season, trend and stationarity are known."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.evaluation.look import find_season, look_at, on_grid

NOISE = np.random.default_rng(0).normal(size=400)
N = np.arange(400)


@pytest.mark.parametrize("season", [7, 12, 24, 53])
def test_a_season_is_found(season: int) -> None:
    assert find_season(5 * np.sin(2 * np.pi * N / season) + 0.1 * N + NOISE) == pytest.approx(season, abs=season // 20)
    assert find_season(NOISE) is None


def test_strengths() -> None:
    seasonal = look_at(20 * np.sin(2 * np.pi * N / 12) + NOISE, 12)
    assert seasonal.seasonal is not None and seasonal.seasonal > 0.95
    assert "A season of 12 rows (told by evaluate.season), strong" in seasonal.sentences[0]
    trending = look_at(N + NOISE, None)
    assert trending.trend is not None and trending.trend > 0.95


def test_the_tests_are_read() -> None:
    assert any("Both tests call it stationary" in s for s in look_at(NOISE, None).sentences)
    walk = look_at(NOISE.cumsum(), None)
    assert any("not stationary" in s for s in walk.sentences)
    assert any("the last value is hard to beat" in s for s in walk.sentences)


def test_too_little_to_tell() -> None:
    assert look_at(np.arange(5.0), None).sentences == ["5 values are too few to tell."]
    assert look_at(np.ones(50), None).sentences == ["All values are the same."]


def test_holes_are_bridged_so_that_seasons_stay_in_step() -> None:
    values, ticks = np.array([0.0, 1.0, np.nan, 4.0]), np.array([0.0, 1.0, 2.0, 4.0])
    assert on_grid(values, ticks).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
