"""`data.frequency: h`: a row for every step of the clock, those that lack filled from rows around them.

A filled row may go into a window; it is never a label, and no window ends with one. So what lies after a hole reaches
no window whose label it is or comes before, however the hole is filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.dtypes import is_number
from dlrun.data.prepare.context import row_words, with_frame
from dlrun.data.table import Table
from dlrun.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config.config import Config

Array = np.ndarray[Any, Any]

FILLED = -1  # the number, in the files, of a row that is in none
_PATH = ("data", "frequency")


def with_regular_rows(table: Table, times: Array, numbers: Array, config: Config) -> tuple[Table, Array, Array]:
    """Return the rows with those that lack between the first and the last of each series, their times and series.

    Args:
        table: The rows, a series' rows together and in order of time.
        times: Their times `(num_rows,)`, datetime64.
        numbers: The number of each row's series `(num_rows,)`.
        config: The config, with `data.frequency`.

    Raises:
        ConfigError: If the frequency is none, or the clock tells no times.
        DataError: If a row's time lies between two steps.
    """
    import pandas as pd

    assert config.data is not None and config.data.frequency is not None
    if table.tensors:
        raise ConfigError(config.problem(_PATH, "columns with several axes cannot be filled", "Remove the frequency."))
    every, fill = config.data.frequency.every, config.data.frequency.fill
    if times.dtype.kind != "M":
        raise ConfigError(config.problem(_PATH, "a frequency needs a clock of times", "Write data: {time: <column>}."))
    pieces, all_times, all_numbers = [], [], []
    for number in np.unique(numbers):
        own = numbers == number
        grid = _grid(times[own], every, config)
        _check_grid(table, times, own, grid, every, config)
        positions = np.searchsorted(grid, times[own])
        pieces.append(_filled(table.frame[own], positions, len(grid), fill))
        places = np.sort(np.concatenate([positions, np.setdiff1d(np.arange(len(grid)), positions)]))
        all_times.append(grid[places])
        all_numbers.append(np.full(len(places), number))
    frame = pd.concat(pieces)
    if config.data.time in frame.columns or config.data.split.time in frame.columns:
        clock = config.data.time if config.data.time in frame.columns else config.data.split.time
        frame[clock] = np.concatenate(all_times)
    return with_frame(table, frame), np.concatenate(all_times), np.concatenate(all_numbers)


def _grid(times: Array, every: str, config: Config) -> Array:
    import pandas as pd

    try:
        return pd.date_range(times[0], times[-1], freq=every).to_numpy().astype(times.dtype)
    except ValueError as error:
        fix = "Write min, 15min, h, D, W, MS (first of the month), ME (its last), QS, YS."
        raise ConfigError(config.problem(_PATH, f"'{every}' is no frequency", fix)) from error


def _check_grid(table: Table, times: Array, own: Array, grid: Array, every: str, config: Config) -> None:
    strange = ~np.isin(times[own], grid)
    if strange.any():
        number = int(table.frame.index.to_numpy()[own][strange.argmax()])
        where = row_words(table, number)
        what = f"{int(strange.sum()):,} rows lie between two steps of '{every}'; the first is {where}"
        raise DataError(config.problem(_PATH, what, "Choose the frequency of the rows; dlrun does not sum them up."))


def _filled(frame: pd.DataFrame, positions: Array, size: int, fill: str) -> pd.DataFrame:
    """Return the rows of one series with those that lack, which have the number `FILLED`."""
    import pandas as pd

    lacking = np.setdiff1d(np.arange(size), positions)
    if not len(lacking):
        return frame
    before = np.searchsorted(positions, lacking) - 1
    new = frame.iloc[before].copy()
    for name in frame.columns:
        if fill == "previous" or not is_number(frame[name]):
            continue
        values = frame[name].to_numpy(np.float64)
        new[name] = np.interp(lacking, positions, values) if fill == "interpolate" else 0.0
    new.index = pd.Index(np.full(len(lacking), FILLED))
    order = np.argsort(np.concatenate([positions, lacking]), kind="stable")
    return pd.concat([frame, new]).iloc[order]
