"""A closer look: what `dlrun evaluate` has left in `evaluation/`: importance of columns, worst rows, groups of rows."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlrun.errors import RunError
from dlrun.evaluation.groups import FEW_ROWS
from dlrun.evaluation.scores import is_higher_better
from dlrun.report.dots import Dot, Scale, dots
from dlrun.report.evaluation import metric_name
from dlrun.report.page import score_text
from dlrun.report.section import Section, Source
from dlrun.spreadsheet import unescape

_LARGEST = 4 * 2**20  # bytes of a table
_MOST_ROWS = 25
_MOST_COLUMNS = 30
_MOST_TABLES = 12
Row = Mapping[str, str]


def closer_section(source: Source) -> Section | None:
    """Return the section of the tables in `evaluation/`; None where there are none."""
    tables = _tables(source)
    importances = [_importance(name, rows) for name, rows in tables.items() if name.startswith("importance")]
    groups = [_groups(rows) for name, rows in tables.items() if name.startswith("by-")]
    worst = [_worst(name, rows) for name, rows in tables.items() if name.startswith("worst")]
    content = {
        "importances": [one for one in importances if one is not None],
        "groups": [one for one in groups if one is not None],
        "worst": worst,
    }
    if not any(content.values()):
        return None
    return Section(
        "closer",
        "A closer look",
        "Where the network is wrong, and what it leans on: from the last dlrun evaluate that looked so closely.",
        content,
    )


def _tables(source: Source) -> dict[str, list[Row]]:
    """Return the tables by their names without ending; one that is damaged is left out."""
    run, found = source.dir, {}
    folder = run.evaluation
    files = sorted(folder.glob("*.csv")) if folder.is_dir() and not folder.is_symlink() else []
    for file in files[:_MOST_TABLES]:
        rows = _rows(source, file)
        if rows:
            found[file.stem] = rows
    return found


def _rows(source: Source, file: Path) -> list[Row]:
    try:
        text = source.dir.read_text(file, _LARGEST)
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        header = [str(unescape(cell)) for cell in lines[0]]
        return [dict(zip(header, map(unescape, line), strict=True)) for line in lines[1:]]
    except (RunError, ValueError, IndexError, csv.Error):
        return []


def _importance(name: str, rows: Sequence[Row]) -> dict[str, Any] | None:
    found = [
        Dot(row.get("column", ""), "0", value, _interval(row, "low", "high"))
        for row in rows[:_MOST_ROWS]
        if (value := _number(row, "importance")) is not None
    ]
    title = "How much worse the score becomes when a column is shuffled"
    about = name.removeprefix("importance").strip("-")
    return _picture(f"{title} ({about})" if about else title, found, zero=True)


def _groups(rows: Sequence[Row]) -> dict[str, Any] | None:
    first = rows[0]
    metric, column = first.get("metric", ""), first.get("column", "")
    found = []
    for row in rows[:_MOST_ROWS]:
        score, count = _number(row, "score"), _number(row, "rows") or 0.0
        if score is not None:
            colour = "0" if count >= FEW_ROWS else "muted"
            label = f"{row.get('group', '')} ({count:,.0f} rows)"
            found.append(Dot(label, colour, score, _interval(row, "low", "high")))
    better = "higher is better" if is_higher_better(metric) else "lower is better"
    return _picture(f"{metric_name(metric)} by {column}, {better}", found)


def _worst(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    about = name.removeprefix("worst").strip("-")
    columns = list(rows[0])[:_MOST_COLUMNS]
    cells = [[_short(row.get(column, "")) for column in columns] for row in rows[:_MOST_ROWS]]
    return {"about": about, "columns": columns, "rows": cells, "more": max(0, len(rows) - _MOST_ROWS)}


def _picture(title: str, found: Sequence[Dot], zero: bool = False) -> dict[str, Any] | None:
    if not found:
        return None
    scale = Scale.around([value for one in found for value in one.values], zero=zero)
    scale = Scale(scale.low, scale.high, 0.0) if zero else scale
    rows = [
        {"name": one.name, "colour": one.colour, "picture": dots(one, scale), "value": score_text(one.value),
         "interval": [*map(score_text, one.interval)] if one.interval else None}
        for one in found
    ]  # fmt: skip
    return {"title": title, "rows": rows, "axis": scale.axis()}


def _interval(row: Row, low: str, high: str) -> tuple[float, float] | None:
    ends = _number(row, low), _number(row, high)
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def _number(row: Row, name: str) -> float | None:
    try:
        value = float(row.get(name) or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < 1e300 else None


def _short(cell: str) -> tuple[str, bool]:
    """Return a cell as it is shown, and whether it is a number."""
    value = _number({"": cell}, "")
    if value is None:
        return cell, False
    return (cell if value == int(value) and abs(value) < 1e12 and "." not in cell else score_text(value)), True
