"""Parquet files, read by pyarrow; a column of lists of the same length is a tensor column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.memory import empty
from dlrun.data.names import checked_names
from dlrun.data.sources.source import Rows, Source

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(source: Source) -> Rows:
    """Read a parquet file; an index that pandas stored in it becomes a column if it has a name.

    Raises:
        DataError: If it is no parquet file, or is damaged.
    """
    with whole_file(source) as file:
        # One column after the other: of the whole table there would be two for a moment, pyarrow's and pandas's.
        return _rows(
            source,
            file.schema_arrow,
            file.metadata.num_rows,
            lambda name: file.read(columns=[name]).select([name]),  # `s.x` also reads x of the struct s
        )


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
    return _rows(source, table.schema, table.num_rows, lambda name: table.select([name]))


def _rows(source: Source, schema: Any, count: int, table_of: Callable[[str], Any]) -> Rows:
    import pandas as pd
    import pyarrow as pa

    names = dict(zip(checked_names(schema.names, source.path), schema.names, strict=True))
    wanted = source.read.usecols
    if wanted is not None:
        source.check_columns("usecols", wanted, list(names))
    columns, tensors = {}, {}
    for name, written in names.items():
        if wanted is not None and name not in wanted:
            continue
        if pa.types.is_nested(schema.field(written).type):
            tensors[name] = _tensor(source, name, table_of(written).column(0))
        elif not name.startswith("__index_level_"):  # an index without a name
            columns[name] = _of_its_own(table_of(written).to_pandas(ignore_metadata=True)[written])
            pa.default_memory_pool().release_unused()
    return Rows(pd.DataFrame(columns, index=pd.RangeIndex(count), copy=False), tensors)


def _of_its_own(column: pd.Series[Any]) -> Any:
    """Return numbers in memory that the system has back when they are given up; other columns as they are."""
    if column.dtype.kind not in "iuf" or not isinstance(values := column.to_numpy(), np.ndarray):
        return column
    own = empty(values.shape, values.dtype)
    own[:] = values
    return own


def _tensor(source: Source, name: str, column: Any) -> np.ndarray[Any, Any]:
    try:
        array = np.array(column.to_pylist())
    except ValueError as error:
        raise source.error(f"column '{name}' holds lists of different lengths") from error
    if array.dtype.kind not in "iufb":
        raise source.error(f"column '{name}' holds lists that are not all of the same length, or not of numbers")
    return array
