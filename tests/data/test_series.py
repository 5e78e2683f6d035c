"""From a file to windows: order of time, holes, duplicates, several series, a regular frequency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlrun.config import load_config
from dlrun.data.load import load_dataset
from dlrun.data.table import Dataset
from dlrun.errors import DataError

CONFIG = """\
data: {{source: a.csv, target: y, time: time, {data}split: {{test: 0.25{split}}}}}
preprocessing: {{window: {{length: {length}, {window}}}}}
layers: [{{LSTM: 4}}, {{Dense: {horizon}}}]
compile: {{loss: mse}}
fit: {{epochs: 1}}
"""


def load(
    folder: Path,
    frame: pd.DataFrame,
    *,
    length: int = 4,
    horizon: int = 1,
    window: str = "",
    data: str = "",
    split: str = "",
) -> Dataset:
    frame.to_csv(folder / "a.csv", index=False)
    text = CONFIG.format(length=length, horizon=horizon, window=f"horizon: {horizon}, {window}", data=data, split=split)
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return load_dataset(load_config(folder / "a.yaml"))


def hours(count: int, *, without: tuple[int, ...] = (), seed: int = 0) -> pd.DataFrame:
    time = pd.date_range("2024-01-01", periods=count, freq="h")
    frame = pd.DataFrame({"time": time, "y": np.random.default_rng(seed).normal(size=count).round(3)})
    return frame.drop(index=list(without)).reset_index(drop=True)


@pytest.mark.parametrize("seed", range(6))
def test_windows_of_a_file_are_those_of_a_plain_loop(seed: int, tmp_path: Path) -> None:
    generator = np.random.default_rng(seed)
    length, horizon, gap, embargo = (int(generator.integers(*ends)) for ends in ((1, 6), (1, 4), (0, 3), (0, 4)))
    shops = [
        hours(60, without=tuple(generator.choice(60, 3, replace=False)), seed=n).assign(shop=f"s{n}") for n in range(2)
    ]
    frame = pd.concat(shops).sample(frac=1, random_state=seed).reset_index(drop=True)
    extra = f", embargo: {embargo}" if embargo else ""
    dataset = load(tmp_path, frame, length=length, horizon=horizon, window=f"gap: {gap}, series: shop", split=extra)
    assert dataset.series is not None
    rows = {part: set(table.frame.index) for part, table in dataset.parts.items()}
    assert not rows["train"] & rows["test"]
    by_time = {(shop, time): row for row, (time, shop) in enumerate(zip(frame["time"], frame["shop"], strict=True))}
    hour = pd.Timedelta(hours=1)
    expected: dict[str, set[tuple[tuple[int, ...], tuple[int, ...]]]] = {part: set() for part in rows}
    for shop, time in by_time:
        times = [time + n * hour for n in range(length + gap + horizon)]
        if all((shop, t) in by_time for t in times):
            numbers = tuple(by_time[shop, t] for t in times)
            labels = numbers[length + gap :]
            for part, own in rows.items():
                if set(labels) <= own:
                    expected[part].add((numbers[:length], labels))
    index = dataset.series.table.frame.index.to_numpy()
    for part, examples in dataset.series.examples.items():
        inputs = index[dataset.series.shape.input_rows(examples.ends)]
        found = {
            (tuple(a), tuple(b)) for a, b in zip(inputs.tolist(), index[examples.label_rows].tolist(), strict=True)
        }
        assert found == expected[part]


def test_holes_and_duplicates_are_told(tmp_path: Path) -> None:
    frame = hours(60, without=(10, 11, 30))
    frame = pd.concat([frame, frame.tail(1)])
    notes = load(tmp_path, frame).notes
    assert any(
        note == "2 gaps in time: 3 steps of 1 hour are missing, the first after 2024-01-01 09:00:00. "
        "No window crosses them."
        for note in notes
    )
    assert any(note.startswith("1 row has the same time as the row before (the first: row 58") for note in notes)


def test_a_regular_frequency_fills_rows_that_are_no_label(tmp_path: Path) -> None:
    frame = hours(60, without=(10, 11, 30))
    dataset = load(tmp_path, frame, data="frequency: h, ")
    assert dataset.series is not None
    table = dataset.series.table.frame
    assert len(table) == 60
    assert table["y"].iloc[[9, 10, 11]].nunique() == 1
    index = table.index.to_numpy()
    for examples in dataset.series.examples.values():
        assert (index[examples.label_rows] >= 0).all() and (index[examples.ends] >= 0).all()
    inputs = np.concatenate([dataset.series.shape.input_rows(e.ends) for e in dataset.series.examples.values()])
    assert (index[inputs] < 0).any()


@pytest.mark.parametrize("fill", ["previous", "interpolate", "zero"])
def test_nothing_in_a_window_comes_from_later_rows(fill: str, tmp_path: Path) -> None:
    before = hours(60, without=(10, 11, 30, 40, 41))
    after = before.copy()
    after.loc[after["time"] >= "2024-01-02 08:00", "y"] += 100.0
    tables = [
        load(tmp_path, frame, data=f"frequency: {{every: h, fill: {fill}}}, ").series for frame in (before, after)
    ]
    first, second = (series.table.frame["y"].to_numpy() for series in tables if series is not None)
    assert tables[0] is not None
    for examples in tables[0].examples.values():
        known = examples.ends < 32
        rows = tables[0].shape.input_rows(examples.ends[known])
        assert (first[rows] == second[rows]).all()


def test_rows_between_the_steps_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="rows lie between two steps of 'D'"):
        load(tmp_path, hours(60), data="frequency: D, ")


def test_a_part_without_a_window_is_refused_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a.yaml:2:.*the train part has 15 rows, and no window of 18 rows"):
        load(tmp_path, hours(20), length=18)


def test_no_window_goes_over_a_label_that_was_missing(tmp_path: Path) -> None:
    """Filled in from its neighbours, it would tell the windows before it of the one after it."""
    frame = hours(60)
    frame.loc[20, "y"] = np.nan
    dataset = load(tmp_path, frame, data="prepare: [{interpolate: [y]}], ")
    assert dataset.series is not None
    index = dataset.series.table.frame.index.to_numpy()
    for examples in dataset.series.examples.values():
        rows = np.c_[dataset.series.shape.input_rows(examples.ends), examples.label_rows]
        assert 20 not in index[rows]
        assert (np.diff(index[rows], axis=1) == 1).all()
