"""Parquet files, read by pyarrow; a column of lists of the same length is a tensor column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dlrun.data.names import checked_names
from dlrun.data.sources.source import Rows, Source

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def read_parquet(source: Source) -> Rows:
    """Read a parquet file; an index that pandas stored in it becomes a column if it has a name.

    Raises:
        DataError: If it is no parquet file, or is damaged.
    """
    with whole_file(source) as file:
        return rows_of(source, file.read())


@contextmanager
def whole_file(source: Source) -> Iterator[Any]:
    """Open a parquet file, to be read inside.

    Raises:
        DataError: If it is no parquet file, or is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        yield pq.ParquetFile(source.handle)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise source.error(f"is no whole parquet file: {error}") from error


def rows_of(source: Source, table: Any) -> Rows:
    """Return the rows of a pyarrow table out of a file.

    Raises:
        DataError: If a column holds lists that are no tensor.
    """
    import pyarrow as pa

    names = checked_names(table.column_names, source.path)
    table = table.rename_columns(names)
    unnamed_index = [name for name in names if name.startswith("__index_level_")]
    nested = [name for name in names if pa.types.is_nested(table.schema.field(name).type)]
    tensors = {name: _tensor(source, name, table.column(name)) for name in nested}
    frame: pd.DataFrame = table.drop_columns([*unnamed_index, *nested]).to_pandas(ignore_metadata=True)
    wanted = source.read.usecols
    if wanted is not None:
        source.check_columns("usecols", wanted, names)
        frame = frame[[name for name in frame.columns if name in wanted]]
        tensors = {name: array for name, array in tensors.items() if name in wanted}
    return Rows(frame, tensors)


def _tensor(source: Source, name: str, column: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    try:
        array = np.array(column.to_pylist())
    except ValueError as error:
        raise source.error(f"column '{name}' holds lists of different lengths") from error
    if array.dtype.kind not in "iufb":
        raise source.error(f"column '{name}' holds lists that are not all of the same length, or not of numbers")
    return array
