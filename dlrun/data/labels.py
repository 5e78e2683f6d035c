"""Labels that are missing: rows that cannot be learned from, and files that need none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlrun.data.expression_tree import ExpressionError
from dlrun.data.expressions import parse_expression
from dlrun.data.names import column_name
from dlrun.data.prepare.context import with_frame
from dlrun.data.table import Table
from dlrun.errors import DataError

if TYPE_CHECKING:
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
    assert config.data is not None
    targets = [column_name(name) for name in config.data.target if column_name(name) in table.frame.columns]
    keep = table.frame[targets].notna().all(axis=1).to_numpy()
    missing = int((~keep).sum())
    if missing:
        notes.append(f"{_rows(missing)} left out: no value in {_listed(targets)}.")
    if not config.evaluate.imputed_labels:
        filled = [n for name in targets for n in table.imputed.get(name, ())]
        known = ~table.frame.index.isin(filled)
        imputed = int((keep & ~known).sum())
        if imputed:
            said = (
                f"{_listed(targets)} was missing in the file and filled in (evaluate.imputed_labels: true keeps them)."
            )
            notes.append(f"{_rows(imputed)} left out: {said}")
        keep = keep & known
    if not keep.any():
        raise DataError(config.problem(("data", "target"), f"no row has a value in {_listed(targets)}"))
    return with_frame(table, table.frame[keep])


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
