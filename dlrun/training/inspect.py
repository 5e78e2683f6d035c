"""A config's series, looked at before training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import ConfigError
from dlrun.evaluation.look import Look, look_at, on_grid

if TYPE_CHECKING:
    from dlrun.config import Config

Array = np.ndarray[Any, Any]

MOST_SERIES = 12  # are looked at one by one


@dataclass(frozen=True)
class LookedAt:
    """A target of one series.

    Args:
        name: The series; "" where there is one.
        target: The target.
        times: When its values were `(num_rows,)`.
        values: Its values.
        look: What they are like.
    """

    name: str
    target: str
    times: Array
    values: Array
    look: Look


@dataclass(frozen=True)
class Inspection:
    """What the data of a config is like.

    Args:
        rows: Part to number of rows.
        examples: Part to number of examples.
        clock: The clock's column and its step in words; None without a clock.
        series: How many series there are.
        looks: The series, one by one.
        notes: Gaps, duplicates, and whatever else was noticed.
    """

    rows: dict[str, int]
    examples: dict[str, int]
    clock: tuple[str, str] | None
    series: int
    looks: list[LookedAt]
    notes: list[str]


def inspect(config: Config) -> Inspection:
    """Read a config's data and look at its target over time.

    Raises:
        ConfigError: If the config has no window.
        DataError: If the data cannot be used.
    """
    from dlrun.data.load import load_dataset

    if config.preprocessing.window is None:
        fix = "Write preprocessing: {window: {length: 12}}."
        raise ConfigError(config.problem(("preprocessing",), "there is no window, so the rows are no series", fix))
    dataset = load_dataset(config)
    series = dataset.series
    assert series is not None
    times, frame = series.times(), series.table.frame
    looks = []
    for number in range(min(MOST_SERIES, int(series.numbers.max()) + 1)):
        own = series.numbers == number
        for target in dataset.targets:
            if frame[target].dtype.kind not in "iuf":
                continue
            values = frame[target].to_numpy(np.float64)[own]
            told = config.evaluate.season is not None
            look = look_at(on_grid(values, series.clock.ticks[own]), series.season, told=told)
            name = series.names[number] if series.names else ""
            looks.append(LookedAt(name, target, times[own], values, look))
    return Inspection(
        {part: len(table) for part, table in dataset.parts.items()},
        {part: len(found) for part, found in dataset.examples.items()},
        (series.column, series.clock.words) if series.column is not None else None,
        int(series.numbers.max()) + 1,
        looks,
        dataset.notes,
    )
