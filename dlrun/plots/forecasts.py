"""What plots of series read from a run: forecasts by example and step, in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.plots.results import columns_of, judged_part, load_metrics, number_targets, read_damaged
from dlrun.run_dir import RunDir
from dlrun.spreadsheet import unescape

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of a target in one part, of one series.

    Args:
        name: The series; "" where there is one.
        times: When each value was, `(num_examples, horizon)`: datetime64, or numbers of rows.
        actual: True values, likewise.
        predicted: Forecasts, likewise; column h is h + 1 steps ahead.
    """

    name: str
    times: Array
    actual: Array
    predicted: Array

    @property
    def horizon(self) -> int:
        """How many steps ahead the last forecast of an example looks."""
        return int(self.actual.shape[1])


def forecast_targets(run: RunDir) -> list[str]:
    """Return the targets that the run forecasts; none where it has no windows."""
    naive = load_metrics(run).get("baseline", {})
    return number_targets(run) if any("last_value" in found for found in naive.values()) else []


def forecasts_of(run: RunDir, target: str, part: str) -> list[Forecasts]:
    """Return the forecasts of a part, one item for each series."""
    frame = _frame(run)
    frame = frame[frame["part"] == part]
    horizon = int(frame["step"].max()) if "step" in frame and len(frame) else 1
    groups = frame.groupby("series", sort=False) if "series" in frame else [("", frame)]
    return [_forecasts(str(name), group, target, horizon) for name, group in groups]


def judged(run: RunDir, target: str) -> list[Forecasts]:
    """Return the forecasts of the part by which a run is judged."""
    return forecasts_of(run, target, judged_part(run))


def broken_at_gaps(times: Array, values: Array) -> tuple[Array, Array]:
    """Return a line with a NaN in each gap, so that nothing is drawn across it.

    Args:
        times: When the values were `(num_values,)`, in order: datetime64 or numbers.
        values: The values, likewise.
    """
    if len(times) < 3:
        return times, values
    ticks = times.astype("datetime64[ns]").astype(np.int64) if times.dtype.kind == "M" else times
    steps = np.diff(ticks)
    gaps = np.flatnonzero(steps > 1.5 * np.median(steps)) + 1
    return np.insert(times, gaps, times[gaps - 1]), np.insert(values.astype(np.float64), gaps, np.nan)


def _forecasts(name: str, frame: pd.DataFrame, target: str, horizon: int) -> Forecasts:
    times = frame["time"].to_numpy() if "time" in frame else frame["row"].to_numpy()
    columns = (times, *(frame[c].to_numpy(np.float64) for c in (target, f"{target}_predicted")))
    return Forecasts(name, *(values.reshape(-1, horizon) for values in columns))


def _frame(run: RunDir) -> pd.DataFrame:
    state = run.predictions.stat()
    return _read(run.predictions, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)  # several plots read the same file
def _read(path: Path, changed: int, size: int) -> pd.DataFrame:
    import pandas as pd

    run = RunDir(path.parent)
    header = columns_of(run)
    texts = {name: "object" for name in ("part", "series") if name in header}
    with read_damaged(path), run.open(path) as file:
        frame = pd.read_csv(file, header=0, names=list(header), index_col=False, dtype=texts)
        if "series" in frame:
            frame["series"] = frame["series"].map(unescape)
        if "time" in frame and frame["time"].dtype.kind not in "iuf":
            frame["time"] = pd.to_datetime(frame["time"], format="ISO8601")
        return frame
