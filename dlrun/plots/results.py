"""What plots read from a run folder: history.csv, predictions.csv and metrics.json."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import Problem, RunError
from dlrun.metrics_file import LARGEST, PARTS
from dlrun.metrics_file import load_metrics as read_metrics
from dlrun.run_dir import RunDir
from dlrun.spreadsheet import unescape

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]
_File = tuple[Path, tuple[str, ...], int, int]  # predictions.csv, its class targets, when it was changed, its size

MOST_CLASSES = 200  # with more, nothing can be told apart any longer
LONGEST_LABEL = 10_000
_PART_TITLES = {"train": "training rows", "validation": "validation rows", "test": "test rows"}


@dataclass(frozen=True)
class Numbers:
    """A regression target on one part: true and predicted values `(num_rows,)`, in the target's units."""

    actual: Array
    predicted: Array


@dataclass(frozen=True)
class Classes:
    """A class target on one part.

    Args:
        labels: The classes, as text, in the order of their indices.
        actual: True class indices `(num_rows,)`.
        predicted: Predicted class indices `(num_rows,)`.
        probabilities: `(num_rows, num_classes)`; None where the loss gives none (hinge).
    """

    labels: list[str]
    actual: Array
    predicted: Array
    probabilities: Array | None


def load_history(run: RunDir) -> pd.DataFrame | None:
    """Return history.csv with the epochs (from 1) as its index, or None where no epoch was finished."""
    import pandas as pd

    if not run.has(run.history) or run.history.stat().st_size == 0:
        return None
    text = run.read_text(run.history)
    with read_damaged(run.history):
        frame = pd.read_csv(io.StringIO(text)).apply(pd.to_numeric, errors="coerce").set_index("epoch")
        frame = frame.rename(columns=lambda name: unescape(str(name)))
        if not np.isfinite(frame.index.to_numpy(np.float64)).all():
            raise ValueError("an epoch has no number")
    return None if frame.empty else frame.where(frame.abs() < LARGEST)


def has_scaled_target(run: RunDir) -> bool:
    """Tell whether the network learned a scaled target, in whose units history.csv then is."""
    from dlrun.config.files import ConfigFiles
    from dlrun.config.nodes import MappingNode, find, is_null
    from dlrun.config.resolved import as_run_errors

    if not run.has(run.resolved):
        return False
    with as_run_errors():
        steps, _ = find(ConfigFiles(closed=True).load(run.resolved), ("preprocessing", "target"))
    return not is_null(steps) and not (isinstance(steps, MappingNode) and not steps.entries)


def load_metrics(run: RunDir) -> dict[str, Any]:
    """Return metrics.json, empty where the run has none yet."""
    return read_metrics(run) if run.has(run.metrics) else {}


def scored(run: RunDir, part: str, target: str, metric: str) -> float | None:
    """Return a score from metrics.json, be it called `metric` or `target.metric`; None if it is not there."""
    found = load_metrics(run).get(part) or {}
    value = found.get(f"{target}.{metric}", found.get(metric))
    return float(value) if value is not None else None


def number_targets(run: RunDir) -> list[str]:
    """Return the regression targets in predictions.csv."""
    return [target for target, labels in _targets(run).items() if labels is None]


def class_targets(run: RunDir) -> list[str]:
    """Return the class targets in predictions.csv."""
    return [target for target, labels in _targets(run).items() if labels is not None]


def parts_of(run: RunDir) -> list[str]:
    """Return the parts that predictions.csv holds, training rows first."""
    present = _parts_in(_file(run))
    return [part for part in PARTS if part in present] or sorted(present)


def judged_part(run: RunDir) -> str:
    """Return the part by which a run is judged: test, else validation, else train."""
    return parts_of(run)[-1]


def part_title(part: str) -> str:
    """Return how a part is called in a title: "test rows"."""
    return _PART_TITLES.get(part, f"{part} rows")


def numbers_of(run: RunDir, target: str, part: str) -> Numbers:
    """Return a regression target's true and predicted values; rows without either are left out."""
    frame = _predictions(run)
    rows = frame.loc[frame["part"] == part, [target, f"{target}_predicted"]].to_numpy(np.float64)
    rows = rows[np.isfinite(rows).all(axis=1)]
    return Numbers(rows[:, 0], rows[:, 1])


def classes_of(run: RunDir, target: str, part: str) -> Classes:
    """Return a class target's true and predicted classes; rows whose true label is missing are left out."""
    return _classes_in(_file(run), target, part, tuple(_targets(run)[target] or ()))


@lru_cache(maxsize=12)  # several plots show the same rows
def _classes_in(file: _File, target: str, part: str, probable: tuple[str, ...]) -> Classes:
    known = list(probable)
    frame = _read_predictions(*file)
    seen = sorted({*frame[target].unique(), *frame[f"{target}_predicted"].unique()})
    frame = frame[(frame["part"] == part) & (frame[target] != "")]
    labels = known + [label for label in seen if label and label not in known]
    index = {label: position for position, label in enumerate(labels)}
    probabilities = frame[[f"{target}_probability_{label}" for label in known]].to_numpy(np.float64) if known else None
    return Classes(
        labels,
        frame[target].map(index).to_numpy(np.int64),
        frame[f"{target}_predicted"].map(index).to_numpy(np.int64),
        probabilities if len(known) == len(labels) else None,
    )


def files_of(run: RunDir, target: str, part: str) -> list[str] | None:
    """Return the image files of the rows of `classes_of`; None where rows are no files."""
    frame = _predictions(run)
    if "file" not in frame or "file" in class_targets(run):
        return None
    return [*frame.loc[(frame["part"] == part) & (frame[target] != ""), "file"]]


def _targets(run: RunDir) -> dict[str, list[str] | None]:
    """Return target to the labels that have a probability column, in their order; None for a regression target."""
    if not run.has(run.predictions):
        return {}
    header = _header(run.predictions, run.predictions.stat().st_mtime_ns)
    names = [name.removesuffix("_predicted") for name in header if name.endswith("_predicted")]
    found: dict[str, list[str] | None] = {}
    for target in (name for name in names if name in header):
        start = f"{target}_probability_"
        labels = [name.removeprefix(start) for name in header if name.startswith(start)]
        if len(labels) > MOST_CLASSES:
            continue
        found[target] = labels if labels or _scored_as_classes(run, target) else None
    return found


def _scored_as_classes(run: RunDir, target: str) -> bool:
    """Tell it from metrics.json: a network trained with a hinge loss has classes, but no probabilities."""
    part = next((part for part in reversed(PARTS) if load_metrics(run).get(part)), "")
    return scored(run, part, target, "rmse") is None and scored(run, part, target, "macro_f1") is not None


def _predictions(run: RunDir) -> pd.DataFrame:
    """Return predictions.csv: class labels as text, whatever they look like, numbers as numbers."""
    return _read_predictions(*_file(run))


def _file(run: RunDir) -> _File:
    state = run.predictions.stat()
    return run.predictions, tuple(class_targets(run)), state.st_mtime_ns, state.st_size


@lru_cache(maxsize=4)
def _parts_in(file: _File) -> set[str]:
    return {*_read_predictions(*file)["part"].unique()}


@lru_cache(maxsize=4)  # several plots read the same file
def _read_predictions(path: Path, labelled: tuple[str, ...], changed: int, size: int) -> pd.DataFrame:
    import pandas as pd

    header = _header(path, changed)
    files = ["file"] if "file" in header else []
    texts = ["part", *files, *(name for target in labelled for name in (target, f"{target}_predicted"))]
    numbers = [name for name in header if name not in (*texts, "row", "time", "series")]
    with read_damaged(path), RunDir(path.parent).open(path) as file:
        frame = pd.read_csv(
            file,
            header=0,
            names=list(header),
            index_col=False,
            usecols=[*texts, *numbers],
            dtype={**dict.fromkeys(texts, "object"), **dict.fromkeys(numbers, "float64")},
            keep_default_na=False,  # "None" and "NA" are labels like any other
            na_values={name: ["", "nan", "NaN"] for name in numbers},
        )
    for name in texts:
        frame[name] = frame[name].map({cell: unescape(cell) for cell in frame[name].unique()})
        if len(frame) and frame[name].str.len().max() > LONGEST_LABEL:
            raise RunError(Problem(f"{path} is damaged: a cell of '{name}' is too long to be a label"))
    return frame


def columns_of(run: RunDir) -> tuple[str, ...]:
    """Return the columns of predictions.csv."""
    return _header(run.predictions, run.predictions.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _header(path: Path, changed: int) -> tuple[str, ...]:
    with read_damaged(path), RunDir(path.parent).open(path) as file:
        lines = io.TextIOWrapper(file, encoding="utf-8", newline="")
        return tuple(map(unescape, next(csv.reader(lines, strict=True), ())))


@contextmanager
def read_damaged(path: Path) -> Iterator[None]:
    """Turn what comes of a damaged file into a RunError that names it."""
    try:
        yield
    except (ValueError, KeyError, csv.Error) as error:  # pandas's ParserError is a ValueError
        what = f"{path} is damaged: {error}"
        raise RunError(Problem(what, "Train the run again, or restore the folder from a copy.")) from error
