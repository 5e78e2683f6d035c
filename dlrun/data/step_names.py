"""What each prepare step does to the columns' names, and which columns it needs: without rows, so without pandas.

`dlrun check` finds misspelt columns and faulty expressions with it. What else may be wrong with a step is found when
it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dlrun.config.objects import Path, PrepareSpec
from dlrun.data.expression_tree import ExpressionError
from dlrun.data.expressions import parse_expression
from dlrun.data.names import column_name
from dlrun.errors import Problem, did_you_mean

if TYPE_CHECKING:
    from dlrun.config.config import Config

Needs = Iterator[tuple[Path, str]]  # below the step: where, and the column


def names_after(spec: PrepareSpec, names: list[str]) -> list[str] | None:
    """Return the columns after a step; None where that depends on the rows, or on a user's own code."""
    after = _AFTER.get(spec.type)
    return after(names, spec.value) if after is not None else None


def step_problems(config: Config, spec: PrepareSpec, names: list[str]) -> list[Problem]:
    """Return the columns that a step needs and the table does not have, and expressions that mean nothing."""
    path = (*spec.path, spec.type)
    if spec.type == "derive":
        return _derive_problems(config, path, spec.value, list(names))
    if spec.type == "filter":
        conditions = enumerate(spec.value) if isinstance(spec.value, list) else [((), spec.value)]
        places = [((at,) if isinstance(at, int) else (), text) for at, text in conditions]
        return [p for under, text in places for p in _expression_problems(config, (*path, *under), text, names)]
    needs = _NEEDS.get(spec.type, _nothing)(spec.value)
    return [
        config.problem((*path, *under), f"no column '{name}'", did_you_mean(name, names))
        for under, name in needs
        if name not in names
    ]


def _derive_problems(config: Config, path: Path, value: Any, names: list[str]) -> list[Problem]:
    problems = []
    for new, text in value.items() if isinstance(value, dict) else ():
        problems += _expression_problems(config, (*path, new), text, names)
        names.append(column_name(new))
    return problems


def _expression_problems(config: Config, path: Path, text: Any, names: list[str]) -> list[Problem]:
    if not isinstance(text, str):
        return []
    try:
        columns = parse_expression(text).columns
    except ExpressionError as error:
        return [config.problem(path, problem.what, problem.fix) for problem in error.problems]
    return [config.problem(path, f"no column '{c}'", did_you_mean(c, names)) for c in columns if c not in names]


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else [value]
    return [column_name(item) for item in items if isinstance(item, str | int | float) and not isinstance(item, bool)]


def _nothing(value: Any) -> Needs:
    yield from ()


def _listed(value: Any) -> Needs:
    yield from (((), name) for name in (_texts(list(value)) if isinstance(value, dict) else _texts(value)))


def _shift_needs(value: Any) -> Needs:
    for name, told in value.items() if isinstance(value, dict) else ():
        yield (name,), column_name(told.get("column", name) if isinstance(told, dict) else name)


def _datetime_needs(value: Any) -> Needs:
    for new, told in value.items() if isinstance(value, dict) else ():
        names = _texts(told.get("column", [])) if isinstance(told, dict) else _texts(told)
        yield from (((new,), name) for name in names)


def _date_parts_needs(value: Any) -> Needs:
    for told in value if isinstance(value, list) else [value]:
        if isinstance(told, dict) and "column" in told:
            yield ("column",), column_name(told["column"])


def _added(names: list[str], new: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*names, *new]))


def _dropped(names: list[str], value: Any) -> list[str] | None:
    return [name for name in names if name not in _texts(value)]


def _renamed(names: list[str], value: Any) -> list[str] | None:
    pairs = {column_name(old): column_name(new) for old, new in value.items()} if isinstance(value, dict) else {}
    return [pairs.get(name, name) for name in names]


def _keyed(names: list[str], value: Any) -> list[str] | None:
    return _added(names, map(column_name, value)) if isinstance(value, dict) else None


def _with_date_parts(names: list[str], value: Any) -> list[str] | None:
    for told in value if isinstance(value, list) else [value]:
        if not isinstance(told, dict) or not {"column", "parts"} <= set(told):
            return None
        names = _added(names, (f"{column_name(told['column'])}_{part}" for part in _texts(told["parts"])))
    return names


def _lagged(names: list[str], value: Any) -> list[str] | None:
    if not isinstance(value, dict):
        return None
    steps = {column_name(name): rows if isinstance(rows, list) else [rows] for name, rows in value.items()}
    return _added(names, (f"{name}_lag_{n}" for name, rows in steps.items() for n in rows))


def _same(names: list[str], value: Any) -> list[str] | None:
    return names


_AFTER: dict[str, Callable[[list[str], Any], list[str] | None]] = {
    **dict.fromkeys(("replace", "map", "to_number", "filter", "interpolate", "fill", "drop_missing"), _same),
    **dict.fromkeys(("drop_duplicates", "sort_by", "reverse_rows"), _same),
    **dict.fromkeys(("derive", "datetime", "shift"), _keyed),
    "drop": _dropped,
    "rename": _renamed,
    "date_parts": _with_date_parts,
    "lag": _lagged,
}
_NEEDS: dict[str, Callable[[Any], Needs]] = {
    **dict.fromkeys(("drop", "rename", "replace", "map", "to_number", "interpolate", "fill", "lag"), _listed),
    **dict.fromkeys(("drop_missing", "drop_duplicates", "sort_by"), _listed),
    "shift": _shift_needs,
    "datetime": _datetime_needs,
    "date_parts": _date_parts_needs,
}
