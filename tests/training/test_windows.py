"""Batches of windows, gathered on the device: the numbers that a plain loop over rows finds."""

from __future__ import annotations

import keras
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data.windows import WindowShape, segments_of, window_ends
from dlrun.training.windows import DeviceWindows, WindowExamples


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), *(st.integers(low, high) for low, high in ((1, 6), (1, 4), (0, 3), (1, 4), (1, 3))))
def test_a_batch_holds_the_rows_of_a_plain_loop(
    seed: int, length: int, horizon: int, gap: int, stride: int, targets: int
) -> None:
    generator = np.random.default_rng(seed)
    count = int(generator.integers(15, 40))
    ticks = np.cumsum(generator.choice([1, 1, 1, 1, 1, 3], count))
    series = np.sort(generator.integers(0, 2, count))
    shape = WindowShape(length, horizon, gap, stride)
    ends = window_ends(shape, segments_of(series, ticks))
    x, y = generator.normal(size=(count, 2)).astype(np.float32), generator.normal(size=(count, targets))
    features = keras.Input((length, 2), name="features")
    model = keras.Model(features, keras.layers.Reshape((horizon, targets))(
        keras.layers.Dense(horizon * targets)(keras.layers.Flatten()(features))
    ))  # fmt: skip
    windows = DeviceWindows(WindowExamples({"features": x}, ends, shape, y.astype(np.float32)), model)
    assert windows.num_rows == len(ends)
    if not len(ends):
        return
    positions = generator.permutation(len(ends))[:8]
    inputs, labels = windows.take(windows.tensors, positions)
    for place, position in enumerate(positions):
        last = ends[position]
        assert inputs.numpy()[place].tolist() == [x[last - length + 1 + n].tolist() for n in range(length)]
        expected = [y[last + gap + 1 + n].tolist() for n in range(horizon)]
        assert labels.numpy()[place].tolist() == np.float32(expected).tolist()
        assert ticks[last + gap + horizon] - ticks[last - length + 1] == length + gap + horizon - 1
        assert len(set(series[last - length + 1 : last + gap + horizon + 1])) == 1
