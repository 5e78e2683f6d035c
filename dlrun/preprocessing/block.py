"""Columns that go through the same steps together, from raw cells to features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError, DataError, Problem
from dlrun.lazy_rows import LazyRows
from dlrun.memory import need_memory
from dlrun.preprocessing.columns import Reading, read_categories, read_numbers, read_tensor, read_times
from dlrun.preprocessing.faults import infinite_problems, missing_problems, numberless_problems, valueless_problems
from dlrun.preprocessing.keras_layer import ROWS_AT_ONCE, KerasLayer
from dlrun.preprocessing.step import Array, Step, is_missing

if TYPE_CHECKING:
    from dlrun.config import Config


@dataclass
class Block:
    """One column, or several numeric ones as a matrix, and the steps they go through.

    Args:
        columns: Their names.
        reading: How their cells are read.
        is_category: Whether it is a category column; one whose categories are numbers is read as numbers.
        specs: The steps as the config has them.
        steps: The steps themselves.
        shape: Shape of a row that comes out.
        dtype: Its dtype: float32, or int32 for integers of a column that is an input of its own.
        names: The features that come out, in order; for an input of its own, the column's name.
        owners: The column of each feature.
    """

    columns: list[str]
    reading: Reading
    is_category: bool
    specs: tuple[ObjectSpec, ...]
    steps: list[Step]
    shape: tuple[int, ...] = ()
    dtype: str = "float32"
    names: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)

    @property
    def is_own_input(self) -> bool:
        """Whether it cannot stand among other features: it has several axes, or is a sequence of integers."""
        return self.reading == "tensor" or len(self.shape) != 1 or any(map(_is_sequence, self.steps))

    def read(self, columns: dict[str, Array], rows: Array | None = None) -> Array:
        """Return the raw cells: `(num_rows, num_columns)`, or the tensor.

        Raises:
            DataError: If cells are not of the column's kind.
        """
        first = self.columns[0]
        if self.reading == "tensor":
            return read_tensor(first, columns[first])
        if self.reading == "time":
            return read_times(first, columns[first], rows)[:, None]
        if self.reading == "text" and isinstance(column := columns[first], LazyRows):
            return column.through(lambda x: read_categories(x, "text")[:, None], (1,), column.dtype)  # type: ignore[return-value]
        if self.reading == "text" or self.is_category:
            return read_categories(columns[first], self.reading)[:, None]
        return _read_matrix(self.columns, columns, rows)

    def adapt(self, columns: dict[str, Array], config: Config, rows: Array | None = None) -> None:
        """Learn from training rows.

        Args:
            columns: The raw columns.
            config: For the places of what is wrong in it.
            rows: The rows' numbers in the file, for messages.

        Raises:
            ConfigError: If a step does not suit the columns.
            DataError: If it cannot learn from these values.
        """
        columns = {name: self._learned_from(columns[name], config) for name in self.columns}
        raw = x = self.read(columns, rows)
        if infinite := infinite_problems(self.columns, raw, rows):
            raise DataError(*infinite)
        filled = not _any_missing(raw)
        with np.errstate(all="ignore"):
            for i, (spec, step) in enumerate(zip(self.specs, self.steps, strict=True)):
                self._check_step(spec, step, x, config)
                if not filled:
                    self._check_missing(step, raw[:], rows)
                if not isinstance(step, KerasLayer):
                    x = x[:]  # all rows of text at once
                self._adapt_step(spec, step, x, config)
                if _is_beside(step):
                    continue
                filled = filled or getattr(step, "fills_missing", False)
                # What the last step makes of all rows is not needed yet, only what becomes of one.
                x = self._apply_step(step, x[:] if i < len(self.steps) - 1 else x[:1])
        if not filled:
            raise DataError(*missing_problems(self.columns, raw[:], rows))
        if x.dtype == object:
            what = f"the steps of column '{self.columns[0]}' leave text, and a network takes numbers"
            fix = "Let one_hot, ordinal, hash or a Keras layer for text follow."
            raise ConfigError(config.problem(self._place(), what, fix))
        self._settle(columns)

    def _learned_from(self, column: Any, config: Config) -> Any:
        """Return the rows to learn from: text as it is; of images one, to see its shape, unless a step needs all."""
        if not isinstance(column, LazyRows) or column.dtype == object:
            return column
        for spec, step in zip(self.specs, self.steps, strict=True):
            if not isinstance(step, KerasLayer) or step.learns:
                if not column.stays:
                    return column[:]
                what = f"{spec.type} may learn from all images, and these stay in their files (stream)"
                raise ConfigError(config.problem(spec.path, what, "Write Rescaling: 1/255, here or under layers."))
        return column[:1]

    def _check_step(self, spec: ObjectSpec, step: Step, x: Array, config: Config) -> None:
        """Raise if the step does not suit what comes to it."""
        if x.dtype == object and not getattr(step, "takes_text", False):
            name = f"impute: {spec.args.get('strategy', 'mean')}" if spec.type == "impute" else spec.type
            what = f"{name} needs numbers, and column '{self.columns[0]}' holds text"
            raise ConfigError(config.problem(spec.path, what))
        if self.reading == "tensor" and _is_beside(step):
            raise ConfigError(config.problem(spec.path, f"{spec.type} is for columns with one value a row"))

    def _check_missing(self, step: Step, raw: Array, rows: Array | None) -> None:
        """Raise if the step cannot do with the missing values."""
        if getattr(step, "needs_values", False) and (empty := valueless_problems(self.columns, raw)):
            raise DataError(*empty)
        if not getattr(step, "takes_missing", False):
            raise DataError(*missing_problems(self.columns, raw, rows))

    def _adapt_step(self, spec: ObjectSpec, step: Step, x: Array, config: Config) -> None:
        where = f"column '{self.columns[0]}'" if len(self.columns) == 1 else f"columns '{self.columns[0]}', ..."
        try:
            step.adapt(_flat(x) if self._is_flattened(step) else x)
        except ValueError as error:
            raise ConfigError(config.problem(spec.path, f"{spec.type}: {error} ({where})")) from error
        except DataError as error:
            raise DataError(*(Problem(p.what, p.fix, p.where or where) for p in error.problems)) from error
        if not is_finite(step.get_state()):
            raise DataError(Problem(f"{spec.type}: the values are too large", "Divide them first.", where))

    def _place(self) -> tuple[str | int, ...]:
        """Return where in the config the block's steps stand."""
        return self.specs[0].path if self.specs else ("preprocessing", "columns", self.columns[0])

    def _settle(self, columns: dict[str, Array]) -> None:
        """Note what comes out: shape, dtype and names, as the first row shows them."""
        first = {name: columns[name][:1] for name in self.columns}
        raw = self.read(first)
        self.dtype = _dtype(raw, columns[self.columns[0]], self.steps) if self.reading == "tensor" else "float32"
        if any(map(_is_sequence, self.steps)):
            self.dtype = "int32"
        self.shape = self._as_input(self._through(raw)).shape[1:]
        self.set_names()

    def set_names(self) -> None:
        """Name the features, and say which column each comes from."""
        if self.is_own_input:
            self.names, self.owners = list(self.columns), list(self.columns)
            return
        names, beside = list(self.columns), list[str]()
        for step in self.steps:
            if _is_beside(step):
                beside += step.feature_names(names)
            else:
                names = step.feature_names(names)
        self.names = names + beside
        # Several columns stay one feature each, so features follow the columns, round after round.
        self.owners = [self.columns[i % len(self.columns)] for i in range(len(self.names))]

    def apply(self, columns: dict[str, Array], rows: Array | None = None) -> Array:
        """Return the features of any rows: `(num_rows, num_features)` float32, or what a tensor becomes.

        Args:
            columns: The raw columns.
            rows: The rows' numbers in the file, for messages.

        Raises:
            DataError: If cells are not of the column's kind, or missing, or have no finite number as a result.
            MemoryError: If they need more than the machine has.
        """
        raw = self.read(columns, rows)
        if not self._takes_missing() and (missing := missing_problems(self.columns, raw, rows)):
            raise DataError(*missing)
        if isinstance(raw, np.ndarray):
            need_memory(f"what becomes of column '{self.columns[0]}'", (len(raw), *self.shape))
        out = self._as_input(self._through(raw))
        if out.dtype.kind == "f" and not np.isfinite(out).all():
            steps = [spec.type for spec in self.specs]
            raise DataError(*numberless_problems(self.columns, raw, out, self.owners, steps, rows))
        return out

    def apply_rows(self, raw: Array) -> Array:
        """Return what a tensor column's rows become."""
        return self.apply({self.columns[0]: raw})

    def _takes_missing(self) -> bool:
        """Tell whether missing values may come in: every step up to the one that fills them can do with them."""
        for step in self.steps:
            if not getattr(step, "takes_missing", False):
                return False
            if getattr(step, "fills_missing", False):
                return True
        return self.reading != "text"  # numbers without a value are found among the results

    def _through(self, x: Array) -> Array:
        beside: list[Array] = []
        with np.errstate(all="ignore"):
            for step in self.steps:
                result = self._apply_step(step, x)
                if _is_beside(step):
                    beside.append(result)
                else:
                    x = result
        return np.concatenate([x, *beside], axis=1) if beside else x

    def _apply_step(self, step: Step, x: Array) -> Array:
        if not self._is_flattened(step):
            return step.apply(x)
        # One statistic for the whole tensor, as in x / x.max(): its cells are of one kind.
        result = step.apply(_flat(x))
        return result.reshape(x.shape if result.shape[1] == 1 else (*x.shape, result.shape[1]))

    def _is_flattened(self, step: Step) -> bool:
        return self.reading == "tensor" and not isinstance(step, KerasLayer)

    def keeps_bytes(self, column: Array) -> bool:
        """Tell whether the rows stay bytes until a batch of them is taken, which is float32 then: plain pixels."""
        return self.reading == "tensor" and not self.steps and column.dtype == np.uint8 and self.dtype == "float32"

    def _as_input(self, x: Array) -> Array:
        if self.keeps_bytes(x):
            return x
        with np.errstate(all="ignore"):
            return np.asarray(x).astype(self.dtype, copy=False)

    @property
    def unseen(self) -> int:
        """Number of cells of the last `apply` whose category was not there in training."""
        return sum(int(getattr(step, "unseen", 0)) for step in self.steps)


def _any_missing(x: Any) -> bool:
    """Tell whether a value is missing; of text on disk, some rows are looked at at a time."""
    if not isinstance(x, LazyRows):
        return bool(is_missing(x).any())
    return any(is_missing(x[start : start + ROWS_AT_ONCE]).any() for start in range(0, len(x), ROWS_AT_ONCE))


def _read_matrix(names: list[str], columns: dict[str, Array], rows: Array | None) -> Array:
    problems: list[Problem] = []
    read = []
    for name in names:
        try:
            read.append(read_numbers(name, columns[name], rows))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(*problems)
    # A transposed stack: each column lies in one piece, as the statistics over its rows like it.
    return np.stack(read).T


def _flat(x: Array) -> Array:
    return x.reshape(-1, 1).astype(np.float64)


def _is_beside(step: Step) -> bool:
    return bool(getattr(step, "beside", False))


def _is_sequence(step: Step) -> bool:
    return isinstance(step, KerasLayer) and step.is_sequence


def _dtype(raw: Array, column: Array, steps: list[Step]) -> str:
    """Return float32, or int32 for rows of whole numbers, `(num_rows, length)`, that no step changes: token ids."""
    if steps or raw.ndim != 2 or column.dtype.kind not in "iu" or not column.size:
        return "float32"
    return "int32" if column.min() >= -(2**31) and column.max() < 2**31 else "float32"


def is_finite(state: Any) -> bool:
    """Tell whether all numbers in a step's state are finite."""
    if isinstance(state, dict):
        return all(map(is_finite, state.values()))
    if isinstance(state, list):
        return all(map(is_finite, state))
    return not isinstance(state, float) or bool(np.isfinite(state))
