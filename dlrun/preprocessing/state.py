"""Reading a step's state out of JSON that may come from a stranger."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from dlrun.errors import Problem, RunError

_Array = np.ndarray[Any, Any]

LARGEST = 10**7  # numbers in one row: 40 MB, more than any real row; a stranger's file cannot ask for more


def damaged(what: str) -> NoReturn:
    """Raise the error for a state that cannot have been written by dlrun."""
    raise RunError(Problem(what, "The run's preprocessing.json is damaged; train again.", "preprocessing.json"))


def read_mapping(state: Any, name: str = "") -> dict[str, Any]:
    """Return `state[name]` (or `state` itself without a name), which must be a mapping."""
    value = read_key(state, name) if name else state
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        damaged(f"'{name or 'the state'}' is not a mapping")
    return value


def read_key(state: Any, name: str) -> Any:
    """Return `state[name]`, which must be there."""
    if not isinstance(state, dict) or name not in state:
        damaged(f"'{name}' is missing")
    return state[name]


def read_list(state: Any, name: str, size: int | None = None) -> list[Any]:
    """Return the list `state[name]`, of `size` entries if given."""
    value = read_key(state, name)
    if not isinstance(value, list):
        damaged(f"'{name}' is not a list")
    if size is not None and len(value) != size:
        damaged(f"'{name}' has {len(value)} entries, not {size}")
    return value


def read_texts(state: Any, name: str, size: int | None = None) -> list[str]:
    """Return the list of texts `state[name]`."""
    values = read_list(state, name, size)
    if not all(isinstance(value, str) for value in values):
        damaged(f"'{name}' does not hold text alone")
    return values


def read_text(state: Any, name: str) -> str:
    """Return the text `state[name]`."""
    value = read_key(state, name)
    if not isinstance(value, str):
        damaged(f"'{name}' is not text")
    return value


def is_number(value: Any) -> bool:
    """Tell whether a JSON value is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 2**1023 if isinstance(value, int) else math.isfinite(value)


def read_floats(state: Any, name: str, size: int | None = None) -> _Array:
    """Return the list of finite numbers `state[name]` as float64 `(size,)`."""
    return floats_of(read_list(state, name, size), name)


def read_sizes(state: Any, name: str) -> list[int]:
    """Return the list of sizes `state[name]`, whose product is no more than `LARGEST`."""
    sizes = read_list(state, name)
    if len(sizes) > 8 or not all(isinstance(n, int) and not isinstance(n, bool) and 0 < n <= LARGEST for n in sizes):
        damaged(f"'{name}' is not a list of sizes")
    if math.prod(sizes) > LARGEST:
        damaged(f"'{name}' is too large")
    return sizes


def floats_of(values: Any, name: str) -> _Array:
    """Return a list of finite numbers as a float64 array."""
    if not isinstance(values, list) or not all(is_number(value) for value in values):
        damaged(f"'{name}' does not hold finite numbers alone")
    return np.array(values, dtype=np.float64)
