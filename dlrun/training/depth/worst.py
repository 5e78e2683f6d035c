"""The rows that a network was most wrong about, with what it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.evaluation.row_errors import row_errors
from dlrun.training.depth.scored import ScoredPart, Target
from dlrun.training.examples import Array

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class WorstRows:
    """The worst rows of a target.

    Args:
        target: The column that is predicted.
        part: The rows.
        measure: What their error is: "residual", or "log_loss".
        frame: A line for each: `row` in the files from 0, `line` in the text file from 1 or else missing, `file` of
            images, `time` and the like of series, the true and the predicted value, the error, and the inputs. What
            would be called like the target has a longer name, as `line (of the file)`.
        inputs: The columns of `frame` that went into the network; with windows those of the window's last row.
        windows: Whether the inputs are windows.
        share: The part of the whole error that is theirs: of the squared residuals, or the log loss.
    """

    target: str
    part: str
    measure: str
    frame: pd.DataFrame
    inputs: list[str]
    windows: bool
    share: float


def worst_rows(rows: ScoredPart, count: int) -> list[WorstRows]:
    """Return the worst rows of every target.

    Args:
        rows: The rows.
        count: How many.

    Raises:
        ConfigError: If classes have no probabilities.
    """
    return [_of(rows, target, count) for target in rows.targets]


def _of(rows: ScoredPart, target: Target, count: int) -> WorstRows:
    from dlrun.data.table import Table

    errors = row_errors(target.head, target.place, *rows.of(target))
    places = errors.worst(count)
    frame = _answers(rows, target, places)
    numbers = frame["row"].to_numpy()
    table = rows.rows if isinstance(rows.rows, Table) else rows.rows.series.table
    lines = table.origins.lines(numbers.tolist()) if table.origins is not None else {}
    if lines:
        frame.insert(1, _free_name("line", frame, "of the file"), [lines.get(number) for number in numbers.tolist()])
    frame[_free_name(errors.measure, frame, "error")] = errors.values[places]
    inputs = _inputs(rows, places)
    for name, values in inputs.items():
        frame[_free_name(name, frame, "input")] = values
    known = errors.values[~np.isnan(errors.values)]
    sizes = known**2 if errors.measure == "residual" else known
    own = errors.values[places] ** 2 if errors.measure == "residual" else errors.values[places]
    share = float(own.sum() / sizes.sum()) if len(known) and sizes.sum() else 0.0
    names = list(frame.columns)[len(frame.columns) - len(inputs) :]
    return WorstRows(target.name, rows.part, errors.measure, frame, names, not isinstance(rows.rows, Table), share)


def _answers(rows: ScoredPart, target: Target, places: Array) -> pd.DataFrame:
    """Return row, file, time, series, step, and this target's true and predicted value and its probability."""
    from dlrun.data.prepare.context import with_frame
    from dlrun.data.table import Table
    from dlrun.training.results import prediction_frame

    run = rows.run
    if isinstance(rows.rows, Table):
        some = with_frame(rows.rows, rows.rows.frame.iloc[places])
        answers = {name: answer[places] for name, answer in rows.answers.items()}
        frame = prediction_frame(run.config, run.preprocessor, some, answers, threshold=run.threshold)
    else:
        whole = prediction_frame(run.config, run.preprocessor, rows.rows, rows.answers, threshold=run.threshold)
        frame = whole.iloc[places]
    kept = [name for name in ("row", "file", "time", "series", "step") if name in frame]
    true, predicted = target.name, f"{target.name}_predicted"
    found = frame[[*kept, true, predicted]].reset_index(drop=True)
    if target.head.task != "regression":
        labels = [f"{target.name}_probability_{text}" for text in run.preprocessor.targets.labels[target.name].texts]
        codes = run.preprocessor.targets.labels[target.name].encode(frame[true].to_numpy())
        found[_free_name("probability_of_true", found, "told")] = frame[labels].to_numpy()[np.arange(len(frame)), codes]
    return found


def _inputs(rows: ScoredPart, places: Array) -> dict[str, Any]:
    """Return the input columns of some answers; arrays, as images, are left out."""
    from dlrun.data.table import Table

    if isinstance(rows.rows, Table):
        frame, at = rows.rows.frame, places
    else:
        frame, at = rows.rows.series.table.frame, np.repeat(rows.rows.ends, rows.rows.shape.horizon)[places]
    names = [name for name in rows.run.preprocessor.features if name in frame]
    return {name: frame[name].iloc[at].to_numpy() for name in names}


def _free_name(name: str, frame: pd.DataFrame, role: str) -> str:
    """Return a column's name, with its role if it is taken: with a window the target's past is an input, too."""
    while name in frame:
        name = f"{name} ({role})"
    return name


def worst_document(found: WorstRows) -> dict[str, Any]:
    """Return it as JSON values."""
    rows = [{name: _plain(value) for name, value in row.items()} for row in found.frame.to_dict("records")]
    return {"part": found.part, "measure": found.measure, "share": found.share, "rows": rows}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
