"""Which rows train, validate and test: every form of `data.split`."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.heads import heads_of
from dlrun.data.cuts import Array, grouped_cut, held_out, last_cut, shuffled_cut, stratified_cut
from dlrun.data.dtypes import first_row
from dlrun.data.folds import Fold, group_folds, shuffled_folds, stratified_folds, walk_forward
from dlrun.data.names import column_name
from dlrun.data.prepare.context import row_words
from dlrun.data.table import Table
from dlrun.data.times import read_time, read_times
from dlrun.errors import ConfigError, DataError, did_you_mean

if TYPE_CHECKING:
    from dlrun.config.config import Config

PARTS = ("train", "validation", "test")
_SPLIT = ("data", "split")


def split_rows(table: Table, config: Config) -> dict[str, Array]:
    """Return the row numbers of each part, in the order in which scikit-learn gives them.

    The test rows are cut first, then the validation rows from the rest; `fit.validation_split` takes the last of the
    training rows, as Keras does.

    Args:
        table: The prepared rows that have a label.
        config: The config.

    Raises:
        ConfigError: If the options contradict each other.
        DataError: If they do not fit the rows: too few of a class, an empty part, a missing group.
    """
    parts = _Splitter(table, config).parts()
    parts = _with_validation_split(parts, config)
    numbers = table.frame.index.to_numpy()
    return {name: numbers[parts[name]] for name in PARTS if name in parts}


class _Splitter:
    """Positions in the table, cut by what `data.split` says."""

    def __init__(self, table: Table, config: Config) -> None:
        assert config.data is not None
        self.table = table
        self.config = config
        self.split = config.data.split
        self.seed = config.seed if self.split.seed is None else self.split.seed
        window = config.preprocessing.window
        self.shuffle = window is None and self.split.time is None if self.split.shuffle is None else self.split.shuffle
        self.series = column_name(window.series) if window is not None and window.series is not None else None

    def parts(self) -> dict[str, Array]:
        in_order = not self.shuffle and self.split.group is None and self.split.column is None
        if self.split.embargo and not in_order:
            fix = "Give split.time, or shuffle: false."
            raise self._wrong("embargo", "an embargo needs rows in order", fix)
        if self.split.column is not None:
            return self._by_column(column_name(self.split.column))
        times = None if self.split.time is None else self._times(column_name(self.split.time))
        rest: Array = np.arange(len(self.table))
        parts: dict[str, Array] = {}
        for name in ("test", "validation"):
            size = getattr(self.split, name)
            if name == "test" and self.split.folds is not None:
                rest, parts[name] = self._cut_fold(self.split.folds, self.split.fold or 1, times)
            elif size is not None:
                rest, parts[name] = self._cut(rest, name, size, times)
        parts = {"train": rest, **parts}
        self._check_filled(parts)
        return self._with_embargo(parts, times) if self.split.embargo else parts

    def _wrong(self, key: str, what: str, fix: str = "") -> ConfigError:
        return ConfigError(self.config.problem((*_SPLIT, key), what, fix))

    def _bad(self, key: str, what: str, fix: str = "") -> DataError:
        return DataError(self.config.problem((*_SPLIT, key), what, fix))

    def _cut(self, rows: Array, name: str, size: Any, times: Array | None) -> tuple[Array, Array]:
        """Return the rest of the rows, and those of the part."""
        if isinstance(size, str):
            return self._cut_at_date(rows, name, size, times)
        self._check_size(rows, name, size)
        if times is not None:
            order = rows[np.argsort(times[rows], kind="stable")]
            rest, held = last_cut(len(rows), size)
            return np.sort(order[rest]), np.sort(order[held])
        if self.split.group is not None:
            rest, held = grouped_cut(self._whole("group", column_name(self.split.group))[rows], size, self.seed)
        elif self.split.stratify:
            rest, held = self._cut_by_class(rows, name, size)
        elif self.shuffle:
            rest, held = shuffled_cut(len(rows), size, self.seed)
        else:
            rest, held = last_cut(len(rows), size)
        return rows[rest], rows[held]

    def _check_size(self, rows: Array, name: str, size: float | int) -> None:
        count, kind = len(rows), "rows"
        if self.split.group is not None:
            count, kind = len(np.unique(self._whole("group", column_name(self.split.group))[rows])), "groups"
        if held_out(size, count) >= count:
            raise self._bad(
                name, f"{name} would take {held_out(size, count)} of {count} {kind}, and leave none to train"
            )

    def _cut_fold(self, folds: int, fold: int, times: Array | None) -> tuple[Array, Array]:
        """Return the rows that train and those of one fold; rows after a fold in order of time are in neither."""
        rows = np.arange(len(self.table))
        try:
            if self.split.group is not None:
                cut = group_folds(self._whole("group", column_name(self.split.group)), folds)[fold - 1]
            elif self.split.stratify:
                cut = stratified_folds(self._strata(), folds, self.seed)[fold - 1]
            elif self.shuffle:
                cut = shuffled_folds(len(rows), folds, self.seed)[fold - 1]
            else:
                rows = rows if times is None else np.argsort(times, kind="stable")
                cut = self._walk_forward(len(rows), folds)[fold - 1]
        except ValueError as error:
            hint = "Take fewer folds, or fewer test rows." if isinstance(self.split.test, int) else "Take fewer folds."
            raise self._bad("folds", str(error), hint) from error
        if times is None:
            return rows[cut.train], rows[cut.test]
        return np.sort(rows[cut.train]), np.sort(rows[cut.test])

    def _walk_forward(self, num_rows: int, folds: int) -> list[Fold]:
        embargo, latest = self.split.embargo, self.split.max_train_size
        size = self.split.test if isinstance(self.split.test, int) else None
        # The embargo is taken off the end of the training rows, or of the validation rows, once these are cut.
        return walk_forward(num_rows, folds, test_rows=size, train_rows=None if latest is None else latest + embargo)

    def _cut_at_date(self, rows: Array, name: str, text: str, times: Array | None) -> tuple[Array, Array]:
        date = read_time(text)
        if date is None or times is None:
            raise self._wrong(name, f"'{text}' is no ISO date", "Write it like 2019-01-31.")
        later = times[rows] >= date
        return rows[~later], rows[later]

    def _cut_by_class(self, rows: Array, name: str, size: float | int) -> tuple[Array, Array]:
        labels = self._strata()[rows]
        classes, counts = np.unique(labels, return_counts=True)
        if counts.min() < 2:
            rare = classes[counts.argmin()]
            what = f"class '{rare}' has 1 row, too few to be in both the {name} part and the rest"
            raise self._bad("stratify", what, "Leave such classes out with prepare: filter, or do not stratify.")
        held = held_out(size, len(rows))
        if min(held, len(rows) - held) < len(classes):
            part = f"the {name} part has {held} rows" if held < len(classes) else f"{len(rows) - held} rows are left"
            raise self._bad(name, f"{part} for {len(classes)} classes, too few to stratify")
        return stratified_cut(labels, size, self.seed)

    def _strata(self) -> Array:
        """Return the labels that every part gets its share of `(num_rows,)`; several targets count together."""
        if isinstance(self.split.stratify, str):
            return self._whole("stratify", column_name(self.split.stratify))
        assert self.config.data is not None
        heads = heads_of(self.config)
        targets = [t for head in heads for t in head.targets if head.task != "regression"]
        targets = targets if heads else list(self.config.data.target)
        columns = [self._whole("stratify", column_name(target)) for target in targets]
        return columns[0] if len(columns) == 1 else _joined(columns)

    def _whole(self, key: str, name: str) -> Array:
        """Return a column that has a value in every row; text as NumPy's, which sorts."""
        column = self.table.frame[name]
        if column.isna().any():
            number = first_row(column.isna(), column)
            what = f"column '{name}' has no value in {row_words(self.table, number)}"
            raise self._bad(key, what, f"Leave such rows out: prepare: drop_missing: [{name}].")
        values = column.to_numpy()
        return values.astype(str) if values.dtype == object else values

    def _times(self, name: str) -> Array:
        values = self._whole("time", name)
        if values.dtype.kind in "iuf" and not isinstance(self.split.test or self.split.validation, str):
            return values  # years, or steps counted from 0, are in order as well as times
        times: Array = read_times(self.table.frame[name], None, partial(row_words, self.table)).to_numpy()
        return times

    def _by_column(self, name: str) -> dict[str, Array]:
        values = self._whole("column", name)
        strange = ~np.isin(values, PARTS)
        if strange.any():
            value = str(values[strange.argmax()])
            where = row_words(self.table, first_row(strange, self.table.frame))
            what = f"column '{name}': '{value}' in {where} is no part"
            raise self._bad("column", what, did_you_mean(value, PARTS))
        parts = {part: np.flatnonzero(values == part) for part in PARTS if (values == part).any()}
        if "train" not in parts:
            raise self._bad("column", f"column '{name}' gives no row to train")
        return parts

    def _check_filled(self, parts: dict[str, Array]) -> None:
        for name, rows in parts.items():
            if not len(rows):
                key = "time" if name == "train" and self.split.time else "test" if name == "train" else name
                what = "no row is left to train" if name == "train" else f"the {name} part has no rows"
                raise self._bad(key, what)

    def _with_embargo(self, parts: dict[str, Array], times: Array | None) -> dict[str, Array]:
        """Return the parts without the last rows of each but the last, in order of time, in each series."""
        names = [name for name in PARTS if name in parts]
        series = None if self.series is None else self.table.frame[self.series].to_numpy().astype(str)
        for name in names[:-1]:
            rows = parts[name]
            order = rows if times is None else rows[np.argsort(times[rows], kind="stable")]
            groups = [order] if series is None else [order[series[order] == s] for s in np.unique(series[order])]
            kept = [group[: -self.split.embargo] for group in groups]
            parts[name] = np.sort(np.concatenate(kept))
            if not len(parts[name]):
                raise self._bad("embargo", f"an embargo of {self.split.embargo} rows leaves none in the {name} part")
        return parts


def _joined(columns: list[Array]) -> Array:
    """Return several labels of a row as one, in the way scikit-learn joins them."""
    return np.array([" ".join(map(str, row)) for row in zip(*columns, strict=True)])


def _with_validation_split(parts: dict[str, Array], config: Config) -> dict[str, Array]:
    """Return the parts with the last of the training rows as validation rows, cut where Keras would."""
    fraction = config.fit.validation_split if config.fit is not None else 0.0
    if not fraction:
        return parts
    path = ("fit", "validation_split")
    rows = parts["train"]
    at = math.floor(len(rows) * (1.0 - fraction))
    if at in (0, len(rows)):
        what = f"{fraction:g} of {len(rows)} training rows leaves no row to {'train' if at == 0 else 'validate'}"
        raise DataError(config.problem(path, what))
    return {**parts, "train": rows[:at], "validation": rows[at:]}
