"""Features that add up to the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlrun.data.leaks import sums_to_target
from dlrun.data.table import Dataset, Table


def notes_of(frame: pd.DataFrame, target: str) -> list[str]:
    features = [name for name in frame if name != target]
    return sums_to_target(Dataset({"train": Table(frame)}, dict.fromkeys(frame, "numeric"), features, [target]))


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return pd.DataFrame(generator.integers(0, 100, (200, 4)), columns=["casual", "registered", "hour", "temp"])


def test_two_columns_that_add_up(frame: pd.DataFrame) -> None:
    frame["cnt"] = frame["casual"] + frame["registered"]
    assert notes_of(frame, "cnt") == [
        "Careful: 'casual' + 'registered' adds up to the target 'cnt'. Leave them out: drop: [casual, registered]."
    ]


def test_a_column_in_another_unit(frame: pd.DataFrame) -> None:
    frame["fahrenheit"] = 1.8 * frame["temp"] + 32
    assert "'temp' is, up to a factor, the target 'fahrenheit'" in notes_of(frame, "fahrenheit")[0]


def test_a_target_that_the_features_only_explain_well(frame: pd.DataFrame) -> None:
    frame["cnt"] = frame["casual"] + frame["registered"] + np.random.default_rng(1).normal(0, 0.01, 200)
    assert notes_of(frame, "cnt") == []
