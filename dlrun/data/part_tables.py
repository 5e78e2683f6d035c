"""The parts' own tables, cut from the one that was prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.memory import empty
from dlrun.data.prepare.context import with_frame
from dlrun.data.split import PARTS
from dlrun.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.data.table import Table

Array = np.ndarray[Any, Any]


def part_numbers(rows: dict[str, Array], table: Table) -> Array:
    """Return the part of each row of the files, by its place in PARTS; -1 for a row that is in none."""
    numbers = np.full(len(table), -1)
    for part, own in rows.items():
        numbers[own] = PARTS.index(part)
    return numbers


def cut_parts(table: Table, rows: dict[str, Array], notes: list[str]) -> dict[str, Table]:
    """Return the parts; a row that the second pass lost, since its gap could not be filled inside its part, is gone."""
    import pandas as pd

    frame = table.give_up()
    there = frame.index
    parts = {name: own[np.isin(own, there)] for name, own in rows.items()}
    lacking = [name for name, own in parts.items() if not len(own)]
    if lacking:
        raise DataError(f"no row of the {lacking[0]} part is left after prepare")
    lost = sum(map(len, rows.values())) - sum(map(len, parts.values()))
    if lost:
        notes.append(
            f"{lost} more rows were left out: a gap at the border of their part could not be filled inside it."
        )
    positions = {name: there.get_indexer(pd.Index(own)) for name, own in parts.items()}
    columns = [(name, frame[name].to_numpy()) for name in reversed(frame.columns)]
    del frame
    taken: dict[str, dict[str, Array]] = {name: {} for name in parts}
    while columns:  # one after the other, so that memory holds no more than one of them twice
        column, values = columns.pop()
        for name, own in positions.items():
            out = empty((len(own),), values.dtype)
            taken[name][column] = np.take(values, own, out=out, mode="clip")  # "raise" would make a copy
    return {name: with_frame(table, _frame(taken[name], own)) for name, own in parts.items()}


def _frame(columns: dict[str, Array], numbers: Array) -> pd.DataFrame:
    """Return columns as a frame that holds them as they are."""
    import pandas as pd

    index = pd.Index(numbers)
    series = {n: pd.Series(x, index=index, name=n, dtype=x.dtype, copy=False) for n, x in columns.items()}
    return pd.DataFrame(series, index=index, copy=False)
