"""`rename: {old: new}`: give columns other names, all at once."""

from __future__ import annotations

from typing import Any

from dlrun.data.names import column_name
from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.table import Table


def rename(table: Table, value: Any, context: Context) -> Table:
    """Return the table with renamed columns; two may swap their names.

    Raises:
        ConfigError: If two columns would have one name.
    """
    pairs = context.mapping(value, "{old: new}")
    old = context.present(table, pairs, tensors=True)
    new = {column_name(name): column_name(pairs[name]) for name in pairs if column_name(name) in old}
    names = [new.get(name, name) for name in (*table.frame.columns, *table.tensors)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise context.wrong(f"two columns would be called '{twice[0]}'", "Drop or rename the other one too.")
    return with_frame(
        table,
        table.frame.rename(columns=new),
        tensors={new.get(name, name): array for name, array in table.tensors.items()},
        imputed={new.get(name, name): rows for name, rows in table.imputed.items()},
    )
