"""NumPy's npz files: each key is a column, one with several axes a tensor column. Pickled objects are refused."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from dlrun.data.names import checked_names
from dlrun.data.sources.source import Rows, Source

if TYPE_CHECKING:
    import numpy as np


def read_npz(source: Source) -> Rows:
    """Read an npz file.

    Raises:
        DataError: If it is damaged, holds objects, or its arrays differ in length.
    """
    import pandas as pd

    arrays = _arrays(source)
    wanted = source.read.usecols
    if wanted is not None:
        source.check_columns("usecols", wanted, list(arrays))
        arrays = {name: array for name, array in arrays.items() if name in wanted}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"'{name}' {length}" for name, length in lengths.items())
        raise source.error(f"its arrays have different numbers of rows: {listed}")
    num_rows = next(iter(lengths.values()))
    if not num_rows:
        raise source.error("its arrays have no rows")
    tensors = {name: array for name, array in arrays.items() if array.ndim > 1}
    columns = {name: _column(array) for name, array in arrays.items() if array.ndim == 1}
    return Rows(pd.DataFrame(columns, index=range(num_rows)), tensors)


def _arrays(source: Source) -> dict[str, np.ndarray[Any, Any]]:
    import numpy as np

    try:
        with np.load(source.handle, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise source.error("is no npz file")
            names = checked_names(file.files, source.path)
            arrays = {name: _array(source, file, key) for name, key in zip(names, file.files, strict=True)}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, AttributeError) as error:
        raise source.error("is no whole npz file") from error
    if not arrays:
        raise source.error("holds no arrays")
    return arrays


def _array(source: Source, file: Any, key: str) -> np.ndarray[Any, Any]:
    try:
        array: np.ndarray[Any, Any] = file[key]
    except ValueError as error:
        if "pickle" in str(error):
            fix = "dlrun opens no pickles, since they run code; save numbers or text."
            raise source.error(f"key '{key}' holds Python objects", fix) from error
        raise
    if array.ndim == 0:
        raise source.error(f"key '{key}' is a single value, not a column")
    return array


def _column(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.kind == "S":
        return array.astype("U").astype(object)
    return array.astype(object) if array.dtype.kind == "U" else array
