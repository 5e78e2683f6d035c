"""Class labels to 0 .. n-1 and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.errors import DataError, Problem
from dlrun.preprocessing.categories import category_text
from dlrun.preprocessing.columns import cell_number, missing_objects, row_text
from dlrun.preprocessing.state import damaged, read_list, read_text
from dlrun.preprocessing.step import Array

Label = bool | int | str


class NoClassesError(ValueError):
    """A column holds values that cannot be classes; the text says which."""


@dataclass(frozen=True)
class Labels:
    """A class target: its name and its labels, whose positions are the classes' numbers.

    Args:
        target: The column.
        classes: The original labels: booleans, whole numbers or text.
    """

    target: str
    classes: tuple[Label, ...]

    @classmethod
    def adapt(cls, target: str, column: Array, rows: Array | None = None) -> Labels:
        """Find the labels of a column, sorted: numbers by size, text by its code points, false before true.

        Raises:
            NoClassesError: If the values are not classes.
            DataError: If a label is missing.
        """
        refuse_missing(target, column, rows)
        return cls(target, tuple(_sorted_labels(column)))

    def encode(self, column: Array, rows: Array | None = None) -> Array:
        """Return the class number of each row, int64 `(num_rows,)`.

        Raises:
            DataError: If labels are missing, or were not there in training.
        """
        refuse_missing(self.target, column, rows)
        codes = self._codes(column)
        strange = np.flatnonzero(codes < 0)
        if len(strange):
            raise DataError(self._strange(column, strange, rows))
        return codes

    def _codes(self, column: Array) -> Array:
        if column.dtype.kind in "iuf" and not any(isinstance(label, str | bool) for label in self.classes):
            numbers = np.array(self.classes, dtype=np.float64)
            order = np.argsort(numbers)
            found = np.clip(np.searchsorted(numbers, column, sorter=order), 0, len(numbers) - 1)
            return np.where(numbers[order][found] == column, order[found], -1)
        table = {self._key(label): i for i, label in enumerate(self.classes)}
        return np.array([table.get(self._key(cell), -1) for cell in column.tolist()], dtype=np.int64)

    def _key(self, label: Any) -> str:
        """Return the text by which labels are compared: `1`, `1.0` and "1" are one; so are true and "True"."""
        text = category_text(label)
        if isinstance(self.classes[0], bool):
            return text.lower()
        number = None if isinstance(self.classes[0], str) or not isinstance(label, str) else cell_number(label)
        return text if number is None else category_text(number)

    def _strange(self, column: Array, strange: Array, rows: Array | None) -> Problem:
        names = sorted({category_text(column[i]) for i in strange})
        shown = ", ".join(f"'{name}'" for name in names[:5]) + (", ..." if len(names) > 5 else "")
        what = f"label {shown} in {len(strange)} rows ({row_text(int(strange[0]), rows)} first)"
        what += " was not there in the training rows"
        fix = f"Training had: {', '.join(self.texts[:12])}. Split with stratify, or mend the label."
        return Problem(what, fix, f"target '{self.target}'")

    @property
    def texts(self) -> list[str]:
        """The labels as text, in order."""
        return [category_text(label) for label in self.classes]

    def find(self, text: object) -> int | None:
        """Return the class number of the label that is written `text` in a config, if there is one."""
        wanted = category_text(text)
        for i, label in enumerate(self.texts):
            if wanted == label or (isinstance(self.classes[i], bool) and wanted.lower() == label):
                return i
        return None

    def with_positive(self, text: str) -> Labels:
        """Return the two labels in the order that makes `text` the positive one, 1."""
        return Labels(self.target, self.classes[::-1]) if self.find(text) == 0 else self

    def to_json(self) -> dict[str, Any]:
        """Return the labels as JSON values."""
        return {"target": self.target, "classes": list(self.classes)}

    @classmethod
    def from_json(cls, state: Any) -> Labels:
        """Return the labels that `to_json` described.

        Raises:
            RunError: If they are damaged.
        """
        classes = read_list(state, "classes")
        kinds = {type(label) for label in classes}
        if not classes or kinds not in ({bool}, {int}, {str}) or len(set(classes)) != len(classes):
            damaged("'classes' is not a list of different labels of one kind")
        if kinds == {int} and any(abs(label) > 2**63 for label in classes):
            damaged("'classes' holds a number out of range")
        return cls(read_text(state, "target"), tuple(classes))


def refuse_missing(target: str, column: Array, rows: Array | None = None) -> None:
    """Raise if a label is missing.

    Raises:
        DataError: With the number of missing labels.
    """
    missing = missing_objects(column) if column.dtype.kind in "OfM" else np.zeros(len(column), dtype=bool)
    if missing.any():
        count, first = int(missing.sum()), row_text(int(missing.argmax()), rows)
        what = f"{count} missing label{'s' if count > 1 else ''}, {'the first ' if count > 1 else ''}in {first}"
        raise DataError(Problem(what, "Leave such rows out: prepare: drop_missing.", f"target '{target}'"))


def _sorted_labels(column: Array) -> Sequence[Label]:
    if column.dtype.kind == "b":
        return [bool(value) for value in np.unique(column)]
    if column.dtype.kind in "iu":
        return [int(value) for value in np.unique(column)]
    if column.dtype.kind == "f":
        return _whole(np.unique(column))
    if column.dtype.kind in "Mm" or column.ndim > 1:
        raise NoClassesError("holds times" if column.ndim == 1 else "has several axes")
    return _sorted_objects(set(column.tolist()))


def _sorted_objects(values: set[Any]) -> Sequence[Label]:
    if all(isinstance(value, bool | np.bool_) for value in values):
        return sorted(bool(value) for value in values)
    if all(isinstance(value, int | float | np.integer | np.floating) for value in values):
        return _whole(np.unique(np.array(list(values), dtype=np.float64)))
    return sorted({category_text(value) for value in values})


def _whole(values: Array) -> list[Label]:
    for value in values:
        if not float(value).is_integer():
            raise NoClassesError(f"holds numbers that are no classes, {value:g} for one")
    return [int(value) for value in values]
