"""A look at the parts before anything is learned from them: what cannot work, and what the user should know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.heads import heads_of
from dlrun.data.dtypes import first_row, is_number, is_text
from dlrun.data.leaks import sums_to_target
from dlrun.data.names import column_name
from dlrun.data.prepare.context import row_words
from dlrun.data.table import Dataset, Table
from dlrun.errors import DataError, Problem
from dlrun.lazy_rows import LazyRows, row_keys, rows_at

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config.config import Config

MOST_CATEGORIES = 1000
_ONE = "There is nothing to tell apart."
_PER_CATEGORY = ("one_hot", "ordinal")  # steps with a feature, or a number, for each category


def check_dataset(dataset: Dataset, config: Config) -> None:
    """Refuse what cannot work, and note what is odd.

    Raises:
        DataError: If a feature has no value at all, too many categories, or an infinite one; if there is one class
            only; if there are no features.
    """
    _check_features(dataset, config)
    for table in dataset.parts.values():
        check_finite(table, [*dataset.features, *dataset.targets])
    problems = [
        *_empty_columns(dataset, config),
        *_large_categories(dataset, config),
        *_single_classes(dataset, config),
    ]
    if problems:
        raise DataError(*problems)
    dataset.notes += [*_constant_columns(dataset), *_unknown_classes(dataset, config), *sums_to_target(dataset)]
    if dataset.series is None:  # a value of a series may well come back
        dataset.notes += _shared_rows(dataset)


def check_finite(table: Table, names: list[str]) -> None:
    """Refuse infinite numbers: one is enough to make all weights NaN.

    Raises:
        DataError: If there is one; it names column and row.
    """
    rows = table.frame.index.to_numpy()
    for name in names:
        values = rows_at(table.tensors[name], rows) if name in table.tensors else table.frame[name].to_numpy()
        if values.dtype.kind != "f" or isinstance(values, LazyRows):  # pixels are finite
            continue
        infinite = np.isinf(values).reshape(len(values), -1).any(axis=1)
        if infinite.any():
            where = row_words(table, first_row(infinite, table.frame))
            fix = "Mend the file, or make it missing: read: {na_values: [inf]}."
            raise DataError(Problem(f"column '{name}' is infinite in {where}", fix))
    table.release()


def _check_features(dataset: Dataset, config: Config) -> None:
    if not dataset.features:
        raise DataError(config.problem(("data", "features"), "no column is left to learn from"))


def _empty_columns(dataset: Dataset, config: Config) -> list[Problem]:
    frame = dataset.parts["train"].frame
    fix = "Leave it out: data: {{drop: [{}]}}."
    return [
        config.problem(("data", "drop"), f"column '{name}' has no value in any training row", fix.format(name))
        for name in dataset.features
        if name in frame.columns and not frame[name].notna().any()
    ]


def _large_categories(dataset: Dataset, config: Config) -> list[Problem]:
    """Return a problem for each text column that is rather names, numbers or prose than categories."""
    own = set(map(column_name, config.preprocessing.columns))
    if not {spec.type for spec in config.preprocessing.categorical} & set(_PER_CATEGORY):
        return []
    frame = dataset.parts["train"].frame
    problems = []
    for name in dataset.features:
        if name in own or name not in frame.columns or not is_text(frame[name]):
            continue
        count = frame[name].nunique()
        if count > MOST_CATEGORIES or 2 * count >= len(frame):
            what = f"text column '{name}' has {count:,} different values in {len(frame):,} training rows"
            words = "{TextVectorization: {max_tokens: 10000, output_sequence_length: 50}}"
            fix = f"Leave it out: data: {{drop: [{name}]}}; or let the network read its words, by an Embedding: "
            fix += f"preprocessing: {{columns: {{{name}: {words}}}}}; or give it other steps there."
            problems.append(config.problem(("data", "drop"), what, fix))
    return problems


def _class_targets(config: Config) -> list[str]:
    return [column_name(t) for head in heads_of(config) for t in head.targets if head.task != "regression"]


def _single_classes(dataset: Dataset, config: Config) -> list[Problem]:
    frame = dataset.parts["train"].frame
    return [
        config.problem(("data", "target"), f"all training rows have the same '{name}': {frame[name].iloc[0]}", _ONE)
        for name in _class_targets(config)
        if name in frame.columns and frame[name].nunique() == 1
    ]


def _unknown_classes(dataset: Dataset, config: Config) -> list[str]:
    notes = []
    known_frame = dataset.parts["train"].frame
    for part, table in dataset.parts.items():
        for name in _class_targets(config):
            if name not in table.frame.columns:
                continue
            unknown = sorted(set(map(str, table.frame[name].unique())) - set(map(str, known_frame[name].unique())))
            if unknown:
                listed = ", ".join(unknown[:5])
                notes.append(f"'{name}' has values in the {part} rows that no training row has: {listed}.")
    return notes


def _constant_columns(dataset: Dataset) -> list[str]:
    frame = dataset.parts["train"].frame
    constant = [n for n in dataset.features if n in frame.columns and len(frame) > 1 and _is_constant(frame[n])]
    if not constant:
        return []
    return [f"The same in all training rows, so nothing is learned from it: {', '.join(constant)}."]


def _is_constant(column: Any) -> bool:
    if column.isna().any():
        return False
    if is_number(column):
        return bool(column.min() == column.max())
    return bool((column == column.iloc[0]).all())


def _shared_rows(dataset: Dataset) -> list[str]:
    """Return how many rows of the other parts are training rows too: their score is a memory, not a skill."""
    if len(dataset.parts) == 1:
        return []
    known = _row_hashes(dataset, dataset.parts["train"])
    notes = []
    for part, table in dataset.parts.items():
        count = 0 if part == "train" else int(_row_hashes(dataset, table).isin(known).sum())
        if count:
            what = "is a training row" if count == 1 else "are training rows"
            said = "the same features and target; drop_duplicates keeps the first"
            notes.append(f"{count:,} of {len(table):,} {part} rows {what} too ({said}).")
    return notes


def _row_hashes(dataset: Dataset, table: Table) -> pd.Series:
    import pandas as pd

    names = [*dict.fromkeys([*dataset.features, *dataset.targets])]
    frame = table.frame[[name for name in names if name in table.frame.columns]]
    hashes: np.ndarray[Any, Any] = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    for name in names:
        if name in table.tensors:
            hashes = hashes * np.uint64(1000003) ^ row_keys(rows_at(table.tensors[name], table.frame.index.to_numpy()))
    table.release()
    return pd.Series(hashes)  # its isin hashes, where NumPy's sorts
