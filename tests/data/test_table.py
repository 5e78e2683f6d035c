"""Tables: which columns there are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlrun.data.table import Table


class Name(str):
    """A column's name that counts how often names are compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_names_stand_in_the_files_order() -> None:
    frame, tensors = pd.DataFrame({"b": [1], "a": [2]}), {"text": np.zeros(1)}
    assert Table(frame, tensors).names == ["b", "a", "text"]
    assert Table(frame, tensors, order=["text", "a", "gone", "b"]).names == ["text", "a", "b"]


def test_thousands_of_columns_are_not_compared_with_one_another() -> None:
    names = [Name(f"x{i}") for i in range(2000)]
    table = Table(pd.DataFrame(), {name: np.zeros(1) for name in names}, order=names)
    Name.compared = 0
    assert len(table.names) == 2000
    assert Name.compared < 10_000
