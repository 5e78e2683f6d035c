"""Columns by their names alone, without reading rows and without pandas: `dlrun check` asks here.

Which columns are features or in use otherwise; which columns a file has after the prepare steps, told by its first
lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dlrun.config.checks.columns import check_columns
from dlrun.data.first_line import first_names
from dlrun.data.names import column_name
from dlrun.data.step_names import names_after, step_problems
from dlrun.errors import ConfigError, Problem

if TYPE_CHECKING:
    from dlrun.config.config import Config


def columns_of(config: Config) -> list[str] | None:
    """Return the columns after the prepare steps, told by the first file's first lines; None where it cannot tell.

    It can for text files and npz, unless a step's outcome depends on the rows (`drop_columns`, a user's own step).

    Raises:
        ConfigError: If a step needs a column that is not there, or an expression means nothing; it tells what else
            is wrong with the columns, too.
    """
    names = first_names(config)
    if names is None or config.data is None:
        return None
    problems: list[Problem] = []
    known = names
    for spec in config.data.prepare:
        problems += step_problems(config, spec, known)
        after = names_after(spec, known)
        if after is None:
            names = None
            break
        known = names = after
    if problems:
        raise ConfigError(*problems, *(check_columns(config, names) if names is not None else ()))
    return names


def feature_columns(config: Config, names: Iterable[str]) -> list[str]:
    """Return the columns to learn from, of those in the table.

    `features` if given, else all that `inputs` name, else every column but the targets (which stay with a window),
    those in `drop`, and those that serve another purpose: clock, group, fold, series, weight.
    """
    data = config.data
    assert data is not None
    names = list(names)
    if data.features is not None:
        return [column_name(name) for name in data.features]
    if any(item.columns for item in config.inputs.values()):
        wanted = {base_column(name, names) for item in config.inputs.values() for name in item.columns}
        return [name for name in names if name in wanted]
    targets = () if config.preprocessing.window is not None else data.target
    left_out = {*map(column_name, (*targets, *data.drop)), *special_columns(config)}
    return [name for name in names if name not in left_out]


def special_columns(config: Config) -> list[str]:
    """Return the columns that are features only where they are listed: clock, group, fold, series, weight."""
    data, window = config.data, config.preprocessing.window
    assert data is not None
    special = [data.time, data.split.time, data.split.group, data.split.column]
    special += [window.series if window else None, config.fit.sample_weight if config.fit else None]
    return [column_name(name) for name in special if name is not None]


def columns_in_use(config: Config, names: Iterable[str]) -> list[str]:
    """Return the columns, of those in the table, that anything at all needs."""
    names = list(names)
    assert config.data is not None
    stratify = config.data.split.stratify
    needed = {*feature_columns(config, names), *config.data.target, *special_columns(config)}
    needed |= {stratify} if isinstance(stratify, str) else set()
    return [name for name in names if name in needed]


def base_column(name: str, names: Iterable[str]) -> str:
    """Return the column that an input's name stands for: `ShelveLoc_Good` for `ShelveLoc`, unless there is such one."""
    name = column_name(name)
    names = list(names)
    if name in names:
        return name
    return max((other for other in names if name.startswith(f"{other}_")), key=len, default=name)
