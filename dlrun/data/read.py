"""Files to one table: every file by its reader, one below the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.catalog import SOURCES
from dlrun.data.dtypes import first_row, is_time, tidy, tidy_frame
from dlrun.data.find_files import find_files
from dlrun.data.names import shown
from dlrun.data.origins import FileRecord, Origins
from dlrun.data.sources.images import read_folder
from dlrun.data.sources.source import Rows, Source
from dlrun.data.table import Table
from dlrun.data.times import read_times
from dlrun.errors import ConfigError, DataError, DlrunError, Location, Problem, nearest
from dlrun.lazy_rows import joined

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config.config import Config

_NUMBERS = {"int": "i", "int32": "i", "int64": "i", "float": "f", "float32": "f", "float64": "f"}
_TEXTS = {"str", "string", "text", "object"}


def read_table(sources: Iterable[str | Path], config: Config, *, first: int = 0) -> tuple[Table, list[str]]:
    """Return the rows of all files, and what was noticed.

    Args:
        sources: Paths and globs.
        config: Its `data.read` says how to read.
        first: The number of the first row; files read before took the numbers below.

    Raises:
        DataError: If a file cannot be read, or two differ in their columns.
        ConfigError: If a `read` option does not fit.
    """
    import pandas as pd

    read = [_read_file(path, config) for path in find_files(sources)]
    _check_alike(read)
    frames, records, at = [], [], first
    for path, rows, record in read:
        count = len(rows.frame)
        records.append(FileRecord(path, record[0], record[1], at, count, record[2]))
        frames.append(rows.frame.set_axis(pd.RangeIndex(at, at + count)))
        at += count
    names = list(frames[0].columns)
    frame = frames[0] if len(frames) == 1 else _stacked([f[names] for f in frames])
    first_tensors = read[0][1].tensors
    tensors = {name: joined([rows.tensors[name] for _, rows, _ in read]) for name in first_tensors}
    notes = [note for _, rows, _ in read for note in rows.notes]
    return Table(frame, tensors, origins=Origins(config, records)), notes


def _read_file(path: Path, config: Config) -> tuple[Path, Rows, tuple[str, int, tuple[str, ...]]]:
    try:
        if path.is_dir():
            folder = read_folder(path, config)
            return path, folder.rows, (folder.sha256, folder.size, folder.names)
        with path.open("rb") as handle:
            digest = _sha256(handle)
            size = handle.tell()
            handle.seek(0)
            rows = SOURCES[path.suffix.lower()](Source(path, handle, config))
    except OSError as error:
        raise DataError(Problem(f"cannot be read: {error.strerror}", "", "", Location(shown(path)))) from error
    try:
        rows.frame = typed(rows.frame, config)
    except DataError as error:
        raise in_file(error, path) from error
    return path, rows, (digest, size, ())


def _sha256(handle: BufferedReader) -> str:
    return hashlib.file_digest(handle, "sha256").hexdigest()


def in_file(error: DlrunError, path: Path) -> DataError:
    """Return the error with the file as its place, where it has none."""
    return DataError(*(Problem(p.what, p.fix, p.where, p.location or Location(shown(path))) for p in error.problems))


def typed(frame: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Return the frame with tidy columns, and those of `read.dtype` and `read.parse_dates` as told."""
    assert config.data is not None
    read = config.data.read
    frame = tidy_frame(frame)
    for name, dtype in read.dtype.items():
        if name in frame.columns:
            frame[name] = _as_told(frame[name], dtype, config)
    for name in read.parse_dates:
        if name in frame.columns and not is_time(frame[name]):
            frame[name] = read_times(frame[name], read.date_format)
    return frame


def _as_told(column: pd.Series, dtype: str, config: Config) -> pd.Series:
    from dlrun.data.dtypes import cell_text, text_column

    name = str(column.name)
    if dtype in _TEXTS:
        cells = [None if gone else cell_text(v) for v, gone in zip(column, column.isna(), strict=True)]
        return text_column(cells, column)
    if dtype == "bool":
        return _as_bool(column)
    if dtype == "category":
        return column
    if dtype not in _NUMBERS:
        known = [*_NUMBERS, "str", "bool", "category"]
        best = nearest(dtype, known)
        fix = f"Did you mean '{best}'?" if best else "Write str, int64, float64 or bool."
        raise ConfigError(config.problem(("data", "read", "dtype", name), f"unknown dtype '{dtype}'", fix))
    return _as_number(column, _NUMBERS[dtype])


def _as_number(column: pd.Series, kind: str) -> pd.Series:
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    bad = numbers.isna() & column.notna()
    if bad.any():
        row = first_row(bad, column)
        raise DataError(Problem(f"column '{column.name}': '{column[row]}' in row {row + 1} is no number"))
    if kind == "f":
        return numbers.astype(float)
    not_whole = numbers.isna() | (numbers % 1 != 0)
    if not_whole.any():
        row = first_row(not_whole, column)
        what = f"column '{column.name}' has no whole number in row {row + 1}, as read.dtype says"
        raise DataError(Problem(what, "Write float64, which has room for missing values."))
    return numbers.astype("int64")


def _as_bool(column: pd.Series) -> pd.Series:
    words = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    values = column.map(lambda cell: words.get(str(cell).strip().lower()), na_action="ignore")
    if values.isna().any():
        row = first_row(values.isna(), column)
        what = f"column '{column.name}': '{column[row]}' in row {row + 1} is no boolean"
        raise DataError(Problem(what, "Say which texts mean what: read: {true_values: [...], false_values: [...]}."))
    return tidy(values.astype(bool))


def _check_alike(read: list[tuple[Path, Rows, Any]]) -> None:
    """Make sure that all files have the columns of the first, of the same kind."""
    path, rows, _ = read[0]
    wanted = {*rows.frame.columns, *rows.tensors}
    for other_path, other, _ in read[1:]:
        names = {*other.frame.columns, *other.tensors}
        lacks, adds = sorted(wanted - names), sorted(names - wanted)
        said = [f"lacks {_some(lacks)}"] * bool(lacks) + [f"has {_some(adds)} besides"] * bool(adds)
        if said:
            what = f"its columns are not those of {shown(path)}: it {' and '.join(said)}"
            raise DataError(Problem(what, "", "", Location(shown(other_path))))
        for name, tensor in rows.tensors.items():
            if name not in other.tensors or other.tensors[name].shape[1:] != tensor.shape[1:]:
                what = f"column '{name}' has not the shape that it has in {shown(path)}"
                raise DataError(Problem(what, "", "", Location(shown(other_path))))


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return frames one below the other; a column's type must agree, but where it has no value at all."""
    import pandas as pd

    for name in frames[0].columns:
        kinds = {_kind(frame[name]) for frame in frames} - {"empty"}
        if len(kinds) > 1:
            what = f"column '{name}' is not the same in all files: {' and '.join(sorted(kinds))}"
            raise DataError(Problem(what, f"Say what it is: read: {{dtype: {{{name}: str}}}}."))
    columns = {}
    for name in frames[0].columns:
        filled = [f[name] for f in frames if _kind(f[name]) != "empty"] or [frames[0][name]]
        whole = pd.concat(filled) if len(filled) == len(frames) else pd.concat(filled).reindex(_index(frames))
        columns[name] = tidy(whole)
    return pd.DataFrame(columns, index=_index(frames))


def _index(frames: list[pd.DataFrame]) -> pd.Index:
    import pandas as pd

    return pd.RangeIndex(int(frames[0].index[0]), int(frames[-1].index[-1]) + 1)


def _kind(column: pd.Series) -> str:
    if not column.notna().any():
        return "empty"
    return {"i": "numbers", "f": "numbers", "b": "booleans", "M": "times", "O": "text"}[column.dtype.kind]
