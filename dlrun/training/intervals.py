"""How far off forecasts may be: intervals from the residuals of known rows, or from a network with dropout on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlrun.errors import ConfigError, DlrunError, Problem
from dlrun.training.ahead import look_ahead, targets_of
from dlrun.training.examples import Array

if TYPE_CHECKING:
    from dlrun.data.series import Series
    from dlrun.training.run import Run

RESIDUALS, DROPOUT = KINDS = ("residuals", "dropout")
LOW, HIGH = 0.05, 0.95  # quantiles: 90 of 100 values should lie between
FEWEST = 20  # residuals, of which quantiles are taken
DRAWS = 100  # forecasts with dropout, of which they are
_MOST_TRIALS, _MOST_CHECKED = 300, 50  # examples of a series on which forecasts are tried
_MOST_IN_ALL = 9000


@dataclass(frozen=True)
class Intervals:
    """Bounds of forecasts, NaN where there are none.

    Args:
        low: `(num_windows, steps, num_targets)`.
        high: Likewise.
        notes: What they mean, as whole sentences.
    """

    low: Array
    high: Array
    notes: list[str]


def check_kind(run: Run, kind: str) -> None:
    """Make sure that a run can have such intervals.

    Raises:
        ConfigError: If dropout is asked of a network without.
    """
    from dlrun.training.dropout import has_dropout

    if kind not in KINDS:
        raise ConfigError(Problem(f"there are no intervals by '{kind}'", f"There are: {', '.join(KINDS)}."))
    if kind == DROPOUT and not has_dropout(run.model):
        fix = "Take --intervals residuals, or train with a Dropout layer."
        raise ConfigError(Problem(f"{run.dir.name} has no dropout that could be left on", fix))


def intervals_of(run: Run, series: Series, ends: Array, values: Array, kind: str) -> Intervals:
    """Return the intervals of forecasts.

    Args:
        run: The run.
        series: The rows that the forecasts come after.
        ends: The rows at which their windows end `(num_windows,)`.
        values: The forecasts `(num_windows, steps, num_targets)`.
        kind: residuals or dropout.
    """
    own = _own_series(run)
    part = None if own is None else next((p for p in ("validation", "test", "train") if p in own.ends), None)
    if kind == DROPOUT:
        low, high = _bounds_by_dropout(run, series, ends, values.shape[1])
        return Intervals(low, high, [*_dropout_notes(run, own, part, values.shape[1])])
    if own is None or part is None:
        nothing = np.full(values.shape, np.nan)
        return Intervals(nothing, nothing, ["No intervals: the run's own data cannot be read."])
    return _by_residuals(run, own, part, _names(series, ends), values)


def _own_series(run: Run) -> Series | None:
    from dlrun.data.load import load_dataset

    try:
        return load_dataset(run.config).series
    except DlrunError:  # the run's own data is gone; its forecasts are still worth having
        return None


def _by_residuals(run: Run, own: Series, part: str, names: Sequence[str], values: Array) -> Intervals:
    tried = _some(own, own.ends[part], _MOST_TRIALS)
    steps = values.shape[1]
    residuals = _actual(run, own, tried, steps) - look_ahead(run, own, tried, steps)
    names_tried = np.array(_names(own, tried))
    low, high = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    pooled = False
    for window, name in enumerate(names):
        of_series = residuals[names_tried == name]
        for step in range(steps):
            known = _known(of_series[:, step])
            if len(known) < FEWEST and len(set(names_tried)) > 1:
                known, pooled = _known(residuals[:, step]), True
            if len(known) >= FEWEST:
                low[window, step], high[window, step] = np.quantile(known, [LOW, HIGH], axis=0)
    whose = " of the same series" if len(set(names_tried)) > 1 else ""
    notes = [f"The intervals hold 90 % of the {part} residuals{whose} at the same distance."]
    if pooled:
        notes.append(f"Where a series has fewer than {FEWEST}, those of all series are taken.")
    if part == "train":
        notes.append("They are too narrow, for the network was trained on these rows: give it validation rows.")
    if np.isnan(low).any():
        notes.append(f"Some steps have no interval: fewer than {FEWEST} residuals look so far ahead.")
    return Intervals(values + low, values + high, notes)


def _bounds_by_dropout(run: Run, series: Series, ends: Array, steps: int) -> tuple[Array, Array]:
    from dlrun.training.dropout import DropoutForward

    _, _, fit = run.config.required()
    forward = DropoutForward(run.model, fit.batch_size, run.config.seed)
    drawn = look_ahead(run, series, ends, steps, forward=forward, draws=DRAWS)
    low, high = np.quantile(drawn.reshape(len(ends), DRAWS, steps, -1), [LOW, HIGH], axis=1)
    return low, high


def _dropout_notes(run: Run, own: Series | None, part: str | None, steps: int) -> list[str]:
    """Say what such intervals leave out, by how many known values lie in them."""
    notes = [
        f"The intervals hold 90 % of {DRAWS} forecasts with dropout on: what the network is unsure of, "
        "without the noise of the data."
    ]
    if own is None or part is None:
        return notes
    tried = _some(own, own.ends[part], _MOST_CHECKED)
    low, high = _bounds_by_dropout(run, own, tried, steps)
    actual = _actual(run, own, tried, steps)
    known = ~np.isnan(actual)
    if not known.any():
        return notes
    inside = float(((low <= actual) & (actual <= high))[known].mean())
    notes.append(f"Of the {part} values tried, {100 * inside:.0f} % lie in such intervals.")
    return notes


def _some(series: Series, ends: Array, most: int) -> Array:
    """Return ends of examples, evenly spread over each series."""
    numbers = series.numbers[ends]
    each = max(2 * FEWEST, min(most, _MOST_IN_ALL // len(np.unique(numbers))))
    chosen = []
    for number in np.unique(numbers):
        own = ends[numbers == number]
        chosen.append(own[np.unique(np.linspace(0, len(own) - 1, min(len(own), each)).astype(np.int64))])
    return np.concatenate(chosen)


def _actual(run: Run, series: Series, ends: Array, steps: int) -> Array:
    """Return what came after windows `(num_windows, steps, num_targets)`, NaN where that is not known."""
    rows = ends[:, None] + series.shape.gap + np.arange(1, steps + 1)
    inside = np.minimum(rows, len(series.segments) - 1)
    same = (rows < len(series.segments)) & (series.segments[inside] == series.segments[ends][:, None])
    values = series.table.frame[list(targets_of(run))].to_numpy(np.float64)[inside]
    return np.where(same[:, :, None], values, np.nan)


def _names(series: Series, ends: Array) -> list[str]:
    return [series.names[number] if series.names else "" for number in series.numbers[ends]]


def _known(residuals: Array) -> Array:
    return residuals[~np.isnan(residuals).any(axis=1)]
