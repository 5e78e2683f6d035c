"""Labels that are missing: rows that cannot be learned from, and files that need none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.data.expression_tree import ExpressionError
from dlrun.data.expressions import parse_expression
from dlrun.data.names import column_name
from dlrun.data.prepare.context import with_frame
from dlrun.data.table import Table
from dlrun.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from dlrun.config.config import Config


def with_labels(table: Table, config: Config, notes: list[str]) -> Table:
    """Return the rows whose labels were there in the file, or were filled in with `evaluate.imputed_labels`.

    Args:
        table: Prepared rows.
        config: The config.
        notes: Takes up how many rows were left out.

    Raises:
        DataError: If no row has a label.
    """
    keep, missing, imputed = labelled_rows(table, config)
    notes += label_notes(config, missing, imputed)
    if not keep.any():
        raise no_label(config)
    return table if keep.all() else with_frame(table, table.frame[keep])


def labelled_rows(table: Table, config: Config) -> tuple[np.ndarray[Any, Any], int, int]:
    """Return which rows have their labels from the file `(num_rows,)`, and how many have none, or one filled in."""
    targets = [name for name in _targets(config) if name in table.frame.columns]
    keep = table.frame[targets].notna().all(axis=1).to_numpy()
    missing = int((~keep).sum())
    if config.evaluate.imputed_labels:
        return keep, missing, 0
    filled = [n for name in targets for n in table.imputed.get(name, ())]
    known = ~table.frame.index.isin(filled)
    return keep & known, missing, int((keep & ~known).sum())


def label_notes(config: Config, missing: int, imputed: int) -> list[str]:
    """Return sentences about rows that were left out, since their label was missing, or filled in."""
    notes = []
    if missing:
        notes.append(f"{_rows(missing)} left out: no value in {_listed(_targets(config))}.")
    if imputed:
        said = "was missing in the file and filled in (evaluate.imputed_labels: true keeps them)."
        notes.append(f"{_rows(imputed)} left out: {_listed(_targets(config))} {said}")
    return notes


def no_label(config: Config) -> DataError:
    """Return the error for a table without any label."""
    return DataError(config.problem(("data", "target"), f"no row has a value in {_listed(_targets(config))}"))


def _targets(config: Config) -> list[str]:
    assert config.data is not None
    return [column_name(name) for name in config.data.target]


def absent_targets(config: Config) -> set[str]:
    """Return the columns that a new file may lack: the targets, and what they are made of in `prepare`."""
    assert config.data is not None
    names = {column_name(name) for name in config.data.target}
    for spec in reversed(config.data.prepare):
        if not isinstance(spec.value, dict):
            continue
        for key, value in spec.value.items():
            if spec.type == "rename" and column_name(value) in names:
                names.add(column_name(key))
            if spec.type == "shift" and column_name(key) in names and isinstance(value, dict):
                names.add(column_name(value.get("column", key)))
            if spec.type == "derive" and column_name(key) in names:
                names |= _columns_in(str(value))
    return names


def _columns_in(text: str) -> set[str]:
    try:
        return set(parse_expression(text).columns)
    except ExpressionError:  # the step itself will say what is wrong with it
        return set()


def _rows(count: int) -> str:
    return f"{count} row was" if count == 1 else f"{count:,} rows were"


def _listed(names: list[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)
