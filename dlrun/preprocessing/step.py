"""What a preprocessing step is: it learns from the training rows, then does the same to any rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.errors import ConfigError, Problem
from dlrun.preprocessing.state import read_floats

Array = np.ndarray[Any, Any]


class Step:
    """Base of all preprocessing steps; one class per file, one line in `dlrun/catalog.py`.

    `x` is `(num_rows,)` or `(num_rows, num_columns)`: float64 with NaN for a missing value, or objects (text, with
    None for a missing value) where `takes_text` says that the step can do with them. The columns of one `x` have
    nothing to do with each other: a step learns for each column by itself.

    Wrong arguments are a `ValueError` in `__init__`, which becomes an error at their place in the config.
    """

    takes_text = False  # whether x may hold text
    takes_missing = False  # whether x may hold missing values
    fills_missing = False  # whether no value is missing afterwards
    needs_values = False  # whether adapt needs at least one value in every column
    expands = False  # whether a column may become several features; such columns do not share one step
    beside = False  # whether the result stands beside the column, past the steps that follow, not in its place

    def adapt(self, x: Array) -> None:
        """Learn from the training rows; a step that learns nothing leaves this out."""

    def apply(self, x: Array) -> Array:
        """Return the rows `x` transformed: `(num_rows,)` or `(num_rows, num_features)`."""
        raise NotImplementedError

    def feature_names(self, names: list[str]) -> list[str]:
        """Return the features' names, from the names of what comes in."""
        return names

    def get_state(self) -> dict[str, Any]:
        """Return what was learned: numbers, text and lists of them."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take what `get_state` gave.

        Raises:
            RunError: If the state is not of that form; it may come from someone else's run folder.
        """

    @property
    def num_columns(self) -> int | None:
        """Number of columns that the state is for; None where any number will do."""
        return None

    @property
    def unseen(self) -> int:
        """Number of cells of the last `apply` whose category was not there in training."""
        return 0

    def invert(self, y: Array) -> Array:
        """Undo `apply`; steps for a target have it."""
        raise ConfigError(Problem(f"{type(self).__name__} cannot be undone, so it is no step for a target"))


class ColumnStatistics(Step):
    """A step that learns a few numbers for every column; a subclass names them in `statistics`."""

    statistics: tuple[str, ...] = ()

    def get_state(self) -> dict[str, Any]:
        """Return the statistics as lists, one number per column."""
        return {name: np.atleast_1d(getattr(self, name)).tolist() for name in self.statistics}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take the statistics; all must be lists of the same length."""
        size: int | None = None
        for name in self.statistics:
            values = read_floats(state, name, size)
            size = len(values)
            setattr(self, name, values)

    @property
    def num_columns(self) -> int | None:
        """Number of columns that were adapted to."""
        return int(np.size(getattr(self, self.statistics[0])))


def is_missing(x: Array) -> Array:
    """Return where values are missing: None among objects, NaN among floats."""
    if x.dtype == object:
        return is_none(x)
    return np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, dtype=bool)


def is_none(x: Array) -> Array:
    """Return where an object array holds None."""
    nothing: Any = None
    return np.asarray(np.equal(x, nothing), dtype=bool)


def as_columns(x: Array) -> Array:
    """Return `x` as `(num_rows, num_columns)`."""
    return x[:, None] if x.ndim == 1 else x


def one_where_constant(scale: Array, constant: Array) -> Array:
    """Return `scale` with 1 for constant columns, so that they become 0 and not a division by nearly nothing."""
    return np.where(constant, 1.0, scale)


TINY = 10 * float(np.finfo(np.float64).eps)  # scikit-learn's bound: a smaller spread is rounding, not a spread
