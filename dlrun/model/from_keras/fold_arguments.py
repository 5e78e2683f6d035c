"""What differs between the pieces that become uses of one block: its arguments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dlrun.model.from_keras.steps import Step
from dlrun.model.from_keras.values import default_of


def varying_in(pieces: list[Sequence[Step]]) -> dict[tuple[int, str], list[Any]] | None:
    """Return the arguments that differ between pieces, by step and name; None where one lacks a value."""
    found: dict[tuple[int, str], list[Any]] = {}
    for n, steps in enumerate(zip(*pieces, strict=True)):
        names = dict.fromkeys(name for step in steps for name in step.args)
        for name in names:
            values = []
            for step in steps:
                if name in step.args:
                    values.append(step.args[name])
                    continue
                try:
                    values.append(default_of("layers", step.type, name))
                except KeyError:
                    return None
            if any(_text(value) != _text(values[0]) for value in values):
                found[n, name] = values
    return found


def _text(value: Any) -> str:
    if value is None or isinstance(value, str | int | float):
        return repr(value)  # most of them are, and it is faster
    return json.dumps(value, sort_keys=True, default=repr)


def arguments_of(varying: dict[tuple[int, str], list[Any]]) -> dict[str, list[Any]]:
    """Return the arguments of a block: those of the same name that always have the same value are one."""
    return places_of(varying)[0]


def places_of(
    varying: dict[tuple[int, str], list[Any]],
) -> tuple[dict[str, list[Any]], dict[tuple[int, str], tuple[str, int | None]]]:
    """Return the arguments of a block with their values, and which one goes where.

    A list in which one number differs, always that of another argument, takes that one: `[1, 1, "${filters}"]`. Its
    place is told beside the argument.
    """
    arguments: dict[str, list[Any]] = {}
    places: dict[tuple[int, str], tuple[str, int | None]] = {}
    lists = {place: _differing(values) for place, values in varying.items()}
    for place, values in sorted(varying.items(), key=lambda item: lists[item[0]] is not None):
        at = lists[place]
        numbers = None if at is None else _text([value[at] for value in values])
        known = next((name for name, given in arguments.items() if _text(given) == numbers), None)
        places[place] = (_argument(arguments, place[1], values), None) if known is None else (known, at)
    return arguments, places


def _differing(values: list[Any]) -> int | None:
    """Return the only place in which lists of numbers differ; None for anything else."""
    if not all(isinstance(value, list) and len(value) == len(values[0]) for value in values):
        return None
    odd = [n for n, column in enumerate(zip(*values, strict=True)) if any(item != column[0] for item in column)]
    return odd[0] if len(odd) == 1 and all(isinstance(value[odd[0]], int) for value in values) else None


def _argument(known: dict[str, list[Any]], name: str, values: list[Any]) -> str:
    """Return which of a block's arguments has these values, after adding it where there is none."""
    candidate, count = name, 1
    while candidate in known and _text(known[candidate]) != _text(values):
        count += 1
        candidate = f"{name}_{count}"
    known[candidate] = values
    return candidate
