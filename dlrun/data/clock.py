"""The clock of a series: its commonest step, and where each row stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

HOUR, DAY = 3600.0, 86400.0
_SEASONS = {HOUR: 24, DAY: 7, 7 * DAY: 52}
_SEASONS_BY_MONTHS = {1: 12, 3: 4}
_UNITS = (("week", 7 * DAY), ("day", DAY), ("hour", HOUR), ("minute", 60.0), ("second", 1.0))


@dataclass(frozen=True)
class Clock:
    """Times as numbers of steps.

    Args:
        ticks: Each row's time in steps since the first `(num_rows,)`; two rows without a gap between them are at most
            1 apart.
        step: The commonest step: seconds, months with `by_calendar`, else in the column's own numbers.
        by_calendar: Whether months were counted, since they differ in length.
        is_time: Whether the clock tells times, not mere numbers.
    """

    ticks: Array
    step: float
    by_calendar: bool = False
    is_time: bool = True

    @property
    def season(self) -> int | None:
        """Rows in a season, by the step: 24 hours, 7 days, 52 weeks, 12 months, 4 quarters; None for others."""
        if not self.is_time:
            return None
        return _SEASONS_BY_MONTHS.get(int(self.step)) if self.by_calendar else _SEASONS.get(self.step)

    @property
    def words(self) -> str:
        """The step in words: "1 hour", "3 months"."""
        if not self.is_time:
            return f"{self.step:g}"
        if self.by_calendar:
            months = int(self.step)
            return _counted(months // 12, "year") if months % 12 == 0 else _counted(months, "month")
        unit, seconds = next(((u, s) for u, s in _UNITS if self.step % s == 0), ("second", 1.0))
        return _counted(self.step / seconds, unit)

    def time_after(self, time: np.datetime64, steps: int) -> np.datetime64:
        """Return the time `steps` after `time`."""
        if not self.by_calendar:
            return np.datetime64(time + np.timedelta64(round(self.step * steps * 1e9), "ns"))
        month = time.astype("datetime64[M]")
        later = month + int(self.step) * steps
        ends_month = (time + np.timedelta64(1, "D")).astype("datetime64[M]") > month
        length = (later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")
        within = time - month.astype("datetime64[ns]")
        day = np.timedelta64(1, "D")
        whole = min(within // day, (length // day) - 1) if not ends_month else length // day - 1
        return np.datetime64(later.astype("datetime64[ns]") + whole * day + within % day)


def read_clock(times: Array, series: Array) -> Clock:
    """Find the commonest step from one row of a series to its next.

    Args:
        times: datetime64 or numbers `(num_rows,)`, in order within each series.
        series: The number of each row's series; its rows stand together.
    """
    is_time = times.dtype.kind == "M"
    same = np.diff(series) == 0
    if is_time:
        months = _month_numbers(times, same)
        if months is not None:
            step = _commonest(np.diff(months)[same])
            return Clock((months - months.min()) / step, step, by_calendar=True)
        nanoseconds = times.astype("datetime64[ns]").astype(np.int64)
        step = _commonest(np.diff(nanoseconds)[same])
        first = nanoseconds.min() if len(nanoseconds) else 0
        return Clock((nanoseconds - first) / step, step / 1e9)
    numbers = times.astype(np.float64)
    step = _commonest(np.diff(numbers)[same].round(9))
    return Clock((numbers - numbers.min()) / step, step, is_time=False)


def _commonest(steps: Array) -> float:
    """Return the commonest step forward, the smallest of several; 1 where there is none."""
    values, counts = np.unique(steps[steps > 0], return_counts=True)
    return float(values[counts.argmax()]) if len(values) else 1.0


def _month_numbers(times: Array, same: Array) -> Array | None:
    """Return months since 1970 where the rows are months, quarters or years apart, else None.

    They are if the commonest step is 28 days or more, and all rows lie on the same day of their month, or on its last.
    """
    days = times.astype("datetime64[D]")
    steps = np.diff(days).astype(np.int64)[same]
    if not len(steps) or _commonest(steps) < 28:
        return None
    months = times.astype("datetime64[M]")
    of_month = (days - months.astype("datetime64[D]")).astype(np.int64)
    last = ((days + 1).astype("datetime64[M]") > months).all()
    return months.astype(np.int64) if last or (of_month == of_month[0]).all() else None


def _counted(count: float, unit: str) -> str:
    return f"{count:g} {unit}{'' if count == 1 else 's'}"
