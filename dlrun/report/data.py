"""What the run learned from: files, columns with their distributions, split, and what leaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.names import column_name
from dlrun.plots.style import number, shorten
from dlrun.report.charts import Chart, Line
from dlrun.report.section import Section, Source
from dlrun.report.svg import category_bars, distribution, histogram
from dlrun.report.thumbnails import thumbnails

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.data.table import Dataset

Array = np.ndarray[Any, Any]

MOST_COLUMNS = MOST_FILES = MOST_NOTES = 200
MOST_ROWS = 100_000  # evenly spread, that distributions are told from
_MOST_CLASSES = 12
_UNKNOWN = {"missing": None, "told": "", "picture": None}


def data_section(source: Source) -> Section:
    """Return the section of the data."""
    record, dataset = source.record, source.dataset
    frames = _sampled(dataset) if dataset is not None else {}
    content = {
        "files": [_file(file) for file in record["files"][:MOST_FILES]],
        "more_files": max(0, len(record["files"]) - MOST_FILES),
        "parts": [(part, n, n / max(sum(record["rows"].values()), 1)) for part, n in record["rows"].items()],
        "how": _split_words(source),
        "columns": list(islice(_columns(record, frames), MOST_COLUMNS)),
        "left_out": max(0, len(record["columns"]) - MOST_COLUMNS),
        "targets": [_target(source, name, frames) for name in map(column_name, record["targets"])] if frames else [],
        "images": thumbnails(dataset) if dataset is not None else [],
        "audit": list(_audit(source)),
        "no_data": source.no_data,
        "sampled": any(len(frame) >= MOST_ROWS for frame in frames.values()),
        "series": _over_time(dataset) if dataset is not None else [],
    }
    rows, features = sum(record["rows"].values()), len(record["features"])
    about = f"{rows:,} rows, {features:,} feature{'s' * (features != 1)}, to predict {', '.join(record['targets'])}."
    return Section("data", "Data", about, content)


def _file(file: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": Path(str(file.get("path"))).name,
        "rows": int(file.get("rows") or 0),
        "bytes": int(file.get("bytes") or 0),
        "sha256": str(file.get("sha256") or ""),
    }


def _split_words(source: Source) -> str:
    assert source.config.data is not None and source.config.fit is not None
    split, fit = source.config.data.split, source.config.fit
    told = [f"{name}: {value}" for name, value in split.model_dump(exclude_defaults=True).items()]
    told += [f"validation_split: {fit.validation_split}"] if fit.validation_split else []
    return ", ".join(told)


def _sampled(dataset: Dataset) -> dict[str, pd.DataFrame]:
    """Return the rows of each part, of many a sample that is evenly spread."""
    found = {}
    for part, table in dataset.parts.items():
        count = len(table.frame)
        rows = np.linspace(0, count - 1, MOST_ROWS).astype(np.int64) if count > MOST_ROWS else slice(None)
        found[part] = table.frame.iloc[rows]
    return found


def _columns(record: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    import pandas as pd

    whole = pd.concat([*frames.values()]) if frames else None
    features, targets = set(record["features"]), set(record["targets"])
    for name, known in record["columns"].items():
        role = "target" if name in targets else "feature" if name in features else "not used"
        row = {"name": name, "role": role, "kind": known.get("kind") or "–", "dtype": known.get("dtype") or ""}
        yield row | (_facts(whole[name]) if whole is not None and name in whole else _UNKNOWN)


def _facts(column: pd.Series) -> dict[str, Any]:
    """Return a column's missing share, in words what its values are, and its picture."""
    missing = float(column.isna().mean())
    known = column.dropna()
    name = str(column.name)
    if not len(known):
        return {"missing": missing, "told": "no value", "picture": None}
    if known.dtype.kind in "iufb":
        values = known.to_numpy(np.float64)
        low, middle, high = (number(float(value)) for value in np.quantile(values, [0, 0.5, 1]))
        told = f"{low} … {middle} … {high}"
        return {"missing": missing, "told": told, "picture": histogram(values, name)}
    if known.dtype.kind == "M":
        return {"missing": missing, "told": f"{known.min()} … {known.max()}", "picture": None}
    counts = known.astype(str).value_counts()
    top = ", ".join(shorten(str(label), 16) for label in counts.index[:3])
    told = f"{len(counts):,} value{'s' * (len(counts) != 1)}: {top}{', …' * (len(counts) > 3)}"
    pairs = {str(label): int(n) for label, n in counts.items()}
    return {"missing": missing, "told": told, "picture": category_bars(pairs, name)}


def _target(source: Source, name: str, frames: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return how a target is spread in each part."""
    task = next(head.task for head in source.heads if name in map(column_name, head.targets))
    columns = {part: frame[name].dropna() for part, frame in frames.items() if name in frame}
    columns = {part: column for part, column in columns.items() if len(column)}
    if task == "regression":
        numbers = {part: column.to_numpy(np.float64) for part, column in columns.items()}
        return {"name": name, "picture": distribution(numbers, name) if numbers else None, "parts": list(numbers)}
    shares = {part: column.astype(str).value_counts() for part, column in columns.items()}
    labels = list(dict.fromkeys(label for counts in shares.values() for label in counts.index))
    rows = [
        (label, [(part, int(c.get(label, 0)), int(c.get(label, 0)) / int(c.sum())) for part, c in shares.items()])
        for label in labels[:_MOST_CLASSES]
    ]
    return {"name": name, "classes": rows, "parts": list(shares), "more": max(0, len(labels) - _MOST_CLASSES)}


def _audit(source: Source) -> Iterator[tuple[bool, str]]:
    """Give whether each thing that may spoil a score was found, and what was found, in words."""
    notes = [str(note) for note in source.record.get("notes", [])]
    shared = [note for note in notes if "training row" in note and "too" in note]
    sums = [note for note in notes if "the target '" in note]
    if len(source.record["rows"]) > 1 and source.config.preprocessing.window is None and not shared:
        yield True, "No row of one part stands in the training rows too."
    if not sums:
        yield True, "No feature, and no sum of features, gives the target away exactly."
    yield True, "All that preprocessing learns, it learned from the training rows."
    yield from ((False, note) for note in notes[:MOST_NOTES])
    if len(notes) > MOST_NOTES:
        yield False, f"{len(notes) - MOST_NOTES:,} more notes."


def _over_time(dataset: Dataset) -> list[Chart]:
    """Return a chart of each target over time, where the rows are a series."""
    series = dataset.series
    if series is None:
        return []
    times, frame = series.times(), series.table.frame
    charts = []
    for target in dataset.targets:
        if target not in frame or frame[target].dtype.kind not in "iuf":
            continue
        values, lines = frame[target].to_numpy(np.float64), []
        for part, table in dataset.parts.items():
            own = np.isin(frame.index.to_numpy(), table.frame.index.to_numpy()) & (series.numbers == 0)
            lines.append(Line(part, part, times[own], values[own]))
        about = f" of {series.names[0]}, the first of {len(series.names):,} series" if series.names else ""
        charts.append(Chart(f"{target} over time{about}", series.column or "row", target, lines, shape="wide"))
    return charts
