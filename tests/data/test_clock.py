"""The commonest step, by the clock and by the calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlrun.data.clock import read_clock


def clock_of(start: str, freq: str, count: int = 40):  # type: ignore[no-untyped-def]
    times = pd.date_range(start, periods=count, freq=freq).to_numpy()
    return read_clock(times, np.zeros(count, dtype=int)), times


@pytest.mark.parametrize(
    ("freq", "season", "words"),
    [
        ("h", 24, "1 hour"), ("D", 7, "1 day"), ("W", 52, "1 week"), ("MS", 12, "1 month"), ("ME", 12, "1 month"),
        ("QS", 4, "3 months"), ("YS", None, "1 year"), ("10min", None, "10 minutes"), ("28D", None, "4 weeks"),
    ],
)  # fmt: skip
def test_the_step_and_its_season(freq: str, season: int | None, words: str) -> None:
    clock, times = clock_of("2011-01-31", freq)
    assert clock.season == season
    assert clock.words == words
    assert np.diff(clock.ticks) == pytest.approx(np.ones(39))
    for steps in (1, 5, 30):
        assert clock.time_after(times[0], steps) == times[steps]


def test_a_missing_month_is_a_gap_though_months_differ() -> None:
    times = pd.date_range("2020-01-01", periods=24, freq="MS").delete(5).to_numpy()
    assert np.flatnonzero(np.diff(read_clock(times, np.zeros(23, dtype=int)).ticks) > 1).tolist() == [4]


def test_steps_between_series_do_not_count() -> None:
    day = np.timedelta64(1, "D")
    times = np.datetime64("2020-01-01") + np.array([0, 7, 14, 0, 7, 14]) * day
    clock = read_clock(times, np.array([0, 0, 0, 1, 1, 1]))
    assert clock.words == "1 week"
    assert clock.ticks.tolist() == [0, 1, 2, 0, 1, 2]


def test_numbers_are_a_clock_without_seasons() -> None:
    clock = read_clock(np.array([10, 12, 14, 20]), np.zeros(4, dtype=int))
    assert clock.ticks.tolist() == [0, 1, 2, 5]
    assert (clock.season, clock.words) == (None, "2")
