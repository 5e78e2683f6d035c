"""Features that add up to the target, told by a file's first lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.config import load_config
from dlrun.data.leaks_in_text import _parts_of, sums_in_text

CONFIG = """\
data: {{source: a.csv, target: cnt{data}}}
layers: [{{Dense: 1}}]
compile: {{optimizer: adam, loss: mse}}
fit: {{epochs: 1}}
"""
SUM = (
    "Careful: 'casual' + 'registered' adds up to the target 'cnt' in the file's first rows. "
    "Leave them out: drop: [casual, registered]."
)


@pytest.fixture
def frame() -> pd.DataFrame:
    numbers = np.random.default_rng(0).integers(0, 100, (300, 4))
    frame = pd.DataFrame(numbers, columns=["casual", "registered", "hour", "temp"])
    frame["hours twice"] = 2 * frame["hour"]  # a feature that follows from another one
    frame["kind"] = "A"
    return frame.assign(cnt=frame["casual"] + frame["registered"])


def notes_of(folder: Path, frame: pd.DataFrame, data: str = "", **options: object) -> list[str]:
    frame.to_csv(folder / "a.csv", index=False, **options)  # type: ignore[call-overload]
    (folder / "a.yaml").write_text(CONFIG.format(data=data))
    return sums_in_text(load_config(folder / "a.yaml"))


def test_two_columns_that_add_up(tmp_path: Path, frame: pd.DataFrame) -> None:
    assert notes_of(tmp_path, frame) == [SUM]


def test_missing_cells_and_other_layouts_do_not_hide_it(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame.loc[::7, "temp"] = np.nan
    assert notes_of(tmp_path, frame, ', read: {sep: ";"}', sep=";") == [SUM]
    names = ", ".join(map(str, frame.columns))
    assert notes_of(tmp_path, frame, f", read: {{header: null, names: [{names}]}}", header=False) == [SUM]


def test_a_column_in_another_unit(tmp_path: Path, frame: pd.DataFrame) -> None:
    (note,) = notes_of(tmp_path, frame.assign(cnt=1.8 * frame["temp"] + 32))
    assert note.startswith("Careful: 'temp' is, up to a factor, the target 'cnt'")


@pytest.mark.parametrize(
    "data",
    [
        ", drop: [casual]",
        ", features: [casual, hour, temp]",
        ", prepare: [{drop: [registered]}]",
        ", prepare: [{derive: {casual: casual * temp}}]",
        ", prepare: [{shift: {cnt: -1}}]",
    ],
)
def test_nothing_is_said_of_columns_that_do_not_go_in_as_they_are(
    tmp_path: Path, frame: pd.DataFrame, data: str
) -> None:
    assert notes_of(tmp_path, frame, data) == []


def test_nothing_is_said_without_an_exact_sum(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame.loc[frame.index[::50], "cnt"] += 1
    assert notes_of(tmp_path, frame) == []
    assert notes_of(tmp_path, frame.head(20)) == []
    assert notes_of(tmp_path, frame.assign(cnt=5)) == []


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 12), st.data())
def test_the_columns_with_a_weight_are_found(seed: int, count: int, data: st.DataObject) -> None:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(80, count)) * generator.uniform(0.1, 1000, count) + 50
    chosen = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    features = {str(column): x[:, column].tolist() for column in range(count)}
    y = x[:, sorted(chosen)] @ generator.choice([-2.0, 0.5, 1.0], len(chosen)) + 3
    assert _parts_of(features, y.tolist()) == [str(column) for column in sorted(chosen)]
    noisy = y + generator.normal(size=80) * y.std() * 1e-3
    assert _parts_of(features, noisy.tolist()) == []
