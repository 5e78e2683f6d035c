"""Forecasts from windows: directly up to the horizon, beyond it from forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlrun.training.examples import Array
from dlrun.training.results import answers_of
from dlrun.training.rows import inputs_of
from dlrun.training.windows import WindowExamples

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.data.series import Series
    from dlrun.data.table import Table
    from dlrun.training.forward import Forward
    from dlrun.training.run import Run


def targets_of(run: Run) -> tuple[str, ...]:
    """Return the targets, output after output."""
    return tuple(target for head in run.preprocessor.targets.heads for target in head.targets)


def look_ahead(
    run: Run, series: Series, ends: Array, steps: int, *, forward: Forward | None = None, draws: int = 1
) -> Array:
    """Return forecasts `(num_windows * draws, steps, num_targets)`, those of a window together.

    Args:
        run: The run.
        series: The rows.
        ends: The rows at which the windows end `(num_windows,)`.
        steps: How many steps ahead.
        forward: Runs the network; default: as it predicts.
        draws: How often each window is answered, by a network that answers otherwise each time.
    """
    import pandas as pd

    forward, targets = forward or run.forward, list(targets_of(run))
    count = len(ends) * draws
    frame = series.table.frame.iloc[series.shape.input_rows(ends).ravel()]
    values = _answers(run, series.table, frame, np.repeat(np.arange(len(ends)), draws), forward)
    known = np.repeat(frame[targets].to_numpy(np.float64).reshape(len(ends), -1, len(targets)), draws, axis=0)
    while values.shape[1] < steps:
        rows = np.concatenate([known, values], axis=1)[:, -known.shape[1] :].reshape(-1, len(targets))
        fed = pd.DataFrame(rows, columns=targets)
        values = np.concatenate([values, _answers(run, series.table, fed, np.arange(count), forward)], axis=1)
    return values[:, :steps]


def _answers(run: Run, table: Table, frame: pd.DataFrame, windows: Array, forward: Forward) -> Array:
    """Return the network's answers `(num_answers, horizon, num_targets)`.

    Args:
        run: The run.
        table: The table that the rows come from.
        frame: The windows' rows, one window after another.
        windows: The number of the window that each answer is to `(num_answers,)`.
        forward: Runs the network.
    """
    from dlrun.data.prepare.context import with_frame
    from dlrun.data.windows import WindowShape

    window = run.config.preprocessing.window
    assert window is not None
    x = inputs_of(run.preprocessor, with_frame(table, frame))
    ends = (windows + 1) * window.length - 1
    examples = WindowExamples(x, ends, WindowShape(window.length, window.horizon, window.gap))
    answers = answers_of(run.preprocessor, forward, examples)
    heads = run.preprocessor.targets.heads
    return np.concatenate([answers[h.output].reshape(len(windows), window.horizon, -1) for h in heads], axis=2)
