"""Values as strict JSON beside a list of arrays, and back without a loss: what a callback holds between two epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_KIND, _VALUE = "kind", "value"


class NotPackable(TypeError):  # noqa: N818 (a question's answer, not a failure)
    """The value is no plain value."""


def pack(value: Any, arrays: list[Array]) -> Any:
    """Return `value` as JSON; the arrays in it are added to `arrays`.

    Plain values, lists, tuples, dictionaries, and NumPy's arrays and scalars, nested at will. Tuples stay tuples and
    keys that are no text stay what they are.

    Raises:
        NotPackable: If it is, or holds, anything else.
    """
    if value is None or isinstance(value, (bool, str)) or type(value) is int:
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {_KIND: "float", _VALUE: repr(value)}
    if isinstance(value, (np.ndarray, np.generic)):
        return _pack_array(value, arrays)
    if type(value) in (list, tuple):
        items = [pack(item, arrays) for item in value]
        return items if isinstance(value, list) else {_KIND: "tuple", _VALUE: items}
    if isinstance(value, dict):
        pairs = [[pack(key, arrays), pack(item, arrays)] for key, item in value.items()]
        return {_KIND: "dict", _VALUE: pairs}
    raise NotPackable(type(value).__name__)


def _pack_array(value: Array | np.generic[Any], arrays: list[Array]) -> Any:
    if value.dtype.hasobject:
        raise NotPackable("an array of objects")
    arrays.append(np.array(value))  # a copy: what it came from may change before it is written
    return {_KIND: "array" if isinstance(value, np.ndarray) else "scalar", _VALUE: len(arrays) - 1}


def unpack(packed: Any, arrays: Sequence[Array]) -> Any:
    """Return the value that `pack` was given.

    Raises:
        ValueError: If `pack` did not make this.
    """
    if isinstance(packed, list):
        return [unpack(item, arrays) for item in packed]
    if not isinstance(packed, Mapping):
        return packed
    kind, value = packed.get(_KIND), packed.get(_VALUE)
    if kind == "float" and isinstance(value, str):
        return float(value)
    if kind in ("array", "scalar") and type(value) is int and 0 <= value < len(arrays):
        return arrays[value].copy() if kind == "array" else arrays[value][()]
    if kind == "tuple" and isinstance(value, list):
        return tuple(unpack(item, arrays) for item in value)
    if kind == "dict" and isinstance(value, list):
        try:
            return {unpack(key, arrays): unpack(item, arrays) for key, item in value}
        except TypeError as error:  # a key that can be none, a pair that is none
            raise ValueError(f"no dictionary: {error}") from error
    raise ValueError(f"unknown kind of value: {kind!r}")
