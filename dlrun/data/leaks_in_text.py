"""Features that add up to the target, seen in a file's first lines by the standard library alone: for `dlrun check`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import isfinite, sqrt
from operator import mul
from typing import TYPE_CHECKING

from dlrun.data.columns import columns_of, feature_columns
from dlrun.data.encoding import peek_encoding
from dlrun.data.find_files import find_files
from dlrun.data.first_line import TEXT_ENDINGS, first_names
from dlrun.data.names import column_name
from dlrun.data.sources.layout import layout_of, records
from dlrun.errors import DataError

if TYPE_CHECKING:
    from dlrun.config.config import Config

Column = list[float]

_BYTES = 1 << 18
_MOST_ROWS, _MOST_FEATURES, _ROWS_COMPARED = 2000, 60, 200  # more take too long without NumPy
_EXACT, _NOTHING = 1e-7, 1e-9  # of a column's spread
_KEEP_VALUES = {
    "datetime",
    "date_parts",
    "drop",
    "drop_missing",
    "filter",
    "sort_by",
    "drop_duplicates",
    "drop_columns",
    "reverse_rows",
}


def sums_in_text(config: Config) -> list[str]:
    """Return a sentence for each target that is a sum of features, with weights or without, in the first rows.

    Only columns that no prepare step changes are looked at. What cannot be read is left to those who read all of it.
    """
    columns, data = _first_columns(config), config.data
    if not columns or data is None:
        return []
    targets = [name for name in map(column_name, data.target) if name in columns]
    wanted = [n for n in feature_columns(config, columns_of(config) or ()) if n in columns and n not in targets]
    features = {name: numbers for name in wanted if (numbers := _numbers(columns[name])) is not None}
    if not 0 < len(features) <= _MOST_FEATURES:
        return []
    notes = []
    for target in targets:
        y = _numbers(columns[target])
        found = _parts_of(features, y) if y is not None else []
        if found:
            notes.append(leak_words(found, target, window=config.preprocessing.window is not None, where=_WHERE))
    return notes


_WHERE = " in the file's first rows"


def leak_words(parts: Sequence[str], target: str, *, window: bool, where: str = "") -> str:
    """Return the warning.

    Args:
        parts: The features that give the target.
        target: The target.
        window: Whether windows are cut.
        where: In which rows, where not in all.
    """
    listed = " + ".join(f"'{name}'" for name in parts)
    verb = "adds up to" if len(parts) > 1 else "is, up to a factor,"
    past = " (with a window it is their past that goes in)" if window else ""
    drop = ", ".join(parts)
    return f"Careful: {listed} {verb} the target '{target}'{where}{past}. Leave them out: drop: [{drop}]."


def _first_columns(config: Config) -> dict[str, list[str]]:
    """Return the cells of the first rows by column, without those that a prepare step changes."""
    if config.data is None or not config.data.source or config.data.read.usecols is not None:
        return {}
    changed = _changed(config)
    try:
        names = first_names(config)
        path = find_files(config.data.source)[0]
        if names is None or changed is None or path.suffix.lower() not in TEXT_ENDINGS:
            return {}
        with path.open("rb") as handle:
            start = handle.read(_BYTES)
    except (DataError, OSError):
        return {}  # those who read the file say what is wrong with it
    encoding = peek_encoding(start, config.data.read.encoding)
    if encoding is None or config.data.read.decimal != "." or config.data.read.thousands is not None:
        return {}
    layout = layout_of(path, config)
    lines = records(io.StringIO(start.decode(encoding, errors="ignore"), newline=""), layout)
    filled = [fields for fields in lines if fields and (len(fields) > 1 or fields[0].strip())]
    filled = filled[(0 if layout.header is None else layout.header + 1) : -1 if len(start) == _BYTES else None]
    rows = [fields for fields in filled[:_MOST_ROWS] if len(fields) == len(names)]
    return {n: list(cells) for n, cells in zip(names, zip(*rows, strict=True), strict=False) if n not in changed}


def _changed(config: Config) -> set[str] | None:
    """Return the columns that prepare steps give other values; None where a step may change any."""
    assert config.data is not None
    changed: set[str] = set()
    for spec in config.data.prepare:
        if spec.type in _KEEP_VALUES:
            continue
        named = names_in(spec.value)
        if not named:
            return None
        changed |= named
    return changed


def names_in(value: object) -> set[str]:
    """Return every text in a step's arguments: the columns that it names, and more."""
    if isinstance(value, dict):
        return {name for pair in value.items() for part in pair for name in names_in(part)}
    if isinstance(value, list | tuple):
        return {name for part in value for name in names_in(part)}
    return {column_name(value)} if isinstance(value, str | int) and not isinstance(value, bool) else set()


def _numbers(cells: Sequence[str]) -> Column | None:
    """Return a column's numbers, NaN where there is none; None where a cell is text."""
    try:
        return [float(cell) if cell.strip() else float("nan") for cell in cells]
    except ValueError:
        return None


def _parts_of(features: dict[str, Column], y: Column) -> list[str]:
    """Return the features that give `y` exactly by a linear function: modified Gram-Schmidt, then back substitution."""
    known = [all(map(isfinite, row)) for row in zip(y, *features.values(), strict=True)]
    rows = [n for n, there in enumerate(known) if there]
    fewest = 3 * len(features) + 10
    if len(rows) < fewest:
        return []
    rows = rows[:: max(1, len(rows) // max(fewest, _ROWS_COMPARED))]
    rest = _normed([y[n] for n in rows])
    if rest is None:
        return []
    basis: list[tuple[str, Column, list[float]]] = []  # name, direction, and the shares of the directions before it
    shares = []
    for name, column in features.items():
        left = _normed([column[n] for n in rows])
        if left is None:
            continue
        before = []
        for _, direction, _ in basis:
            before.append(_project(left, direction))
        size = sqrt(sum(map(mul, left, left)))
        if size < _NOTHING * 100:
            continue  # it follows from the features before it
        direction = [value / size for value in left]
        basis.append((name, direction, [*before, size]))
        shares.append(_project(rest, direction))
    if max(map(abs, rest)) * sqrt(len(rows)) > _EXACT:
        return []
    found = []
    for place in range(len(basis) - 1, -1, -1):  # solve for the weights, the last feature first
        weight = shares[place] / basis[place][2][place]
        if abs(weight) > _EXACT:
            found.append(basis[place][0])
            for earlier in range(place):
                shares[earlier] -= weight * basis[place][2][earlier]
    return found[::-1]


def _normed(values: Column) -> Column | None:
    """Return a column of mean 0 and length 1; None where all its values are the same."""
    mean = sum(values) / len(values)
    centred = [value - mean for value in values]
    size = sqrt(sum(map(mul, centred, centred)))
    return [value / size for value in centred] if size > _NOTHING * max(1.0, abs(mean)) else None


def _project(values: Column, direction: Column) -> float:
    """Take a direction of length 1 out of values, in place, and return how much of it there was."""
    share: float = sum(map(mul, values, direction))
    values[:] = [value - share * other for value, other in zip(values, direction, strict=True)]
    return share
