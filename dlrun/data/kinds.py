"""What kind each column is: a number, a category, a text, a time, a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlrun.data.dtypes import is_number, is_time
from dlrun.data.names import column_name
from dlrun.data.table import Kind, Table

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config.config import Config


def kind_of_columns(config: Config, table: Table, names: list[str]) -> dict[str, Kind]:
    """Return the kind of each column, told by training rows and the config."""
    assert config.data is not None
    categorical = set(map(column_name, config.data.categorical))
    texts = text_columns(config)
    kinds: dict[str, Kind] = {}
    for name in names:
        if name in texts and (name not in table.tensors or table.tensors[name].dtype == object):
            kinds[name] = "text"
        elif name in table.tensors:
            kinds[name] = "tensor"
        else:
            kinds[name] = _kind(table.frame[name], name in categorical)
    return kinds


def text_columns(config: Config) -> set[str]:
    """Return the columns whose words the network reads."""
    steps = {column_name(name): own for name, own in config.preprocessing.columns.items()}
    return {name for name, own in steps.items() if any(spec.type == "TextVectorization" for spec in own)}


def _kind(column: pd.Series, categorical: bool) -> Kind:
    if is_time(column):
        return "time"
    return "numeric" if is_number(column) and not categorical else "categorical"
