"""JSON Lines: one JSON object a line; a key that an object lacks is a missing value."""

from __future__ import annotations

import io
import json
from typing import Any, NoReturn

from dlrun.data.encoding import find_encoding
from dlrun.data.names import checked_names
from dlrun.data.sources.source import Rows, Source


def read_jsonl(source: Source) -> Rows:
    """Read a JSON Lines file; a key whose values are lists of the same shape is a tensor column.

    Raises:
        DataError: If a line is no JSON object; it names the line.
    """
    import pandas as pd

    encoding = find_encoding(source.handle, source.read.encoding, source.path)
    text = io.TextIOWrapper(source.handle, encoding=encoding)
    try:
        objects = [_object(source, line, number) for number, line in enumerate(text, 1) if line.strip()]
    finally:
        text.detach()
    if not objects:
        raise source.error("is empty")
    keys = list(dict.fromkeys(key for row in objects for key in row))
    names = checked_names(keys, source.path)
    columns = {name: [row.get(key) for row in objects] for name, key in zip(names, keys, strict=True)}
    wanted = source.read.usecols
    if wanted is not None:
        source.check_columns("usecols", wanted, names)
        columns = {name: values for name, values in columns.items() if name in wanted}
    tensors = {name: _tensor(source, name, values) for name, values in columns.items() if _has_list(values)}
    scalars = {name: pd.Series(v, dtype=object) for name, v in columns.items() if name not in tensors}
    return Rows(pd.DataFrame(scalars, index=range(len(objects))), tensors)


def _object(source: Source, line: str, number: int) -> dict[str, Any]:
    def no_constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no JSON; write null")

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        row = dict(pairs)
        if len(row) < len(pairs):
            raise ValueError("a key appears twice")
        return row

    try:
        row = json.loads(line, parse_constant=no_constant, object_pairs_hook=no_duplicates)
    except (ValueError, RecursionError) as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise source.error(f"is no JSON: {what}", "Every line holds one object: {...}.", number) from error
    if not isinstance(row, dict):
        raise source.error("holds no JSON object", "Every line holds one object: {...}.", number)
    return row


def _has_list(values: list[Any]) -> bool:
    return any(isinstance(value, list) for value in values)


def _tensor(source: Source, name: str, values: list[Any]) -> Any:
    import numpy as np

    try:
        array = np.array(values)
    except ValueError as error:
        raise source.error(f"column '{name}' holds lists of different lengths") from error
    if array.dtype.kind not in "iufb":
        raise source.error(f"column '{name}' holds lists that are not all of the same length, or not of numbers")
    return array
