"""Windows against a plain loop over rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data.windows import NO_PART, WindowShape, part_of_examples, segments_of, window_ends

Example = tuple[list[int], list[int]]


@st.composite
def cases(draw: st.DrawFn) -> tuple[WindowShape, list[int], list[float], list[int]]:
    """A form of windows, and rows: the number of each one's series, its time with holes and duplicates, its part."""
    shape = WindowShape(*(draw(st.integers(low, high)) for low, high in ((1, 6), (1, 4), (0, 3), (1, 4))))
    sizes = draw(st.lists(st.integers(1, 25), min_size=1, max_size=3))
    series = [number for number, size in enumerate(sizes) for _ in range(size)]
    count = {"min_size": len(series), "max_size": len(series)}
    steps = draw(st.lists(st.sampled_from([0, 1, 1, 1, 1, 1, 1, 2, 5]), **count))
    ticks = [float(t) for t in np.cumsum(steps)]
    parts = draw(st.lists(st.sampled_from([NO_PART, 0, 0, 0, 0, 1, 1, 1, 2]), **count))
    return shape, series, ticks, parts if draw(st.booleans()) else sorted(parts)


def plain_loop(shape: WindowShape, series: list[int], ticks: list[float], parts: list[int]) -> dict[int, list[Example]]:
    """Return the examples of each part, found row by row."""
    found: dict[int, list[Example]] = {}
    start = 0
    while start < len(series):
        stop = start + 1
        while stop < len(series) and series[stop] == series[start] and ticks[stop] - ticks[stop - 1] <= 1:
            stop += 1
        first = start
        while first + shape.length + shape.gap + shape.horizon <= stop:
            inputs = [first + n for n in range(shape.length)]
            labels = [inputs[-1] + shape.gap + 1 + n for n in range(shape.horizon)]
            of_labels = {parts[row] for row in labels}
            if len(of_labels) == 1 and NO_PART not in of_labels:
                found.setdefault(of_labels.pop(), []).append((inputs, labels))
            first += shape.stride
        start = stop
    return found


@settings(deadline=None, max_examples=400)
@given(cases())
def test_every_window_is_that_of_a_plain_loop(case: tuple[WindowShape, list[int], list[float], list[int]]) -> None:
    shape, series, ticks, parts = case
    ends = window_ends(shape, segments_of(np.array(series), np.array(ticks)))
    owner = part_of_examples(shape, ends, np.array(parts))
    expected = plain_loop(shape, series, ticks, parts)
    labelled: dict[int, set[int]] = {}
    for part in range(3):
        own = ends[owner == part]
        inputs, labels = shape.input_rows(own).tolist(), shape.label_rows(own).tolist()
        assert list(zip(inputs, labels, strict=True)) == expected.get(part, [])
        assert all(max(rows) < min(later) for rows, later in zip(inputs, labels, strict=True))
        labelled[part] = {row for rows in labels for row in rows}
    assert not labelled[0] & labelled[1] and not labelled[0] & labelled[2] and not labelled[1] & labelled[2]


def test_the_label_lies_as_the_language_says() -> None:
    """Rows t-length+1..t go in, t+gap+1..t+gap+horizon are the label."""
    shape = WindowShape(length=3, horizon=2, gap=1)
    assert window_ends(shape, np.zeros(7, dtype=int)).tolist() == [2, 3]
    assert shape.input_rows(np.array([2])).tolist() == [[0, 1, 2]]
    assert shape.label_rows(np.array([2])).tolist() == [[4, 5]]


def test_rows_without_a_clock_are_evenly_spaced() -> None:
    assert segments_of(np.array([0, 0, 1, 1, 1])).tolist() == [0, 0, 1, 1, 1]
    assert segments_of(np.zeros(0, dtype=int)).tolist() == []


def test_windows_without_labels_reach_the_last_row() -> None:
    shape = WindowShape(length=3)
    assert window_ends(shape, np.zeros(5, dtype=int), needs_labels=False).tolist() == [2, 3, 4]
    assert window_ends(shape, np.zeros(2, dtype=int), needs_labels=False).tolist() == []
