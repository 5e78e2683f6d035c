"""Keras's own classes and functions by name, read from a JSON file, so that a config is checked without Keras.

`keras_catalog.json` is made from the installed Keras by `python -m dlrun.model.make_catalog`; nothing in it is
written by hand. It serves the checks that come before anything heavy is imported; when a network is built, the real
class decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CATALOG_FILE = Path(__file__).with_name("keras_catalog.json")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a Keras class.

    Args:
        name: As Keras calls it.
        required: Whether there is no default.
        default: The default as JSON; None where it is no JSON value.
    """

    name: str
    required: bool
    default: Any = None


@dataclass(frozen=True)
class KerasEntry:
    """What is known of a Keras class or function.

    Args:
        name: The class's name, or the function's where Keras has no class of that meaning.
        kind: One of `keras_kinds()`: "layers", "losses", ....
        is_class: False for a function: an activation, or the metric "accuracy" that depends on the loss.
        parameters: In Keras's order, the base class's keywords last.
        doc: The first line of Keras's docstring.
        aliases: Other spellings that Keras accepts: "mse", "MSE", "mean_squared_error".
        refused: Why it cannot stand in a config, as a whole sentence; empty where it can.
    """

    name: str
    kind: str
    is_class: bool
    parameters: tuple[Parameter, ...]
    doc: str
    aliases: tuple[str, ...] = ()
    refused: str = ""

    @property
    def parameter_names(self) -> list[str]:
        """The names of the parameters, in order."""
        return [parameter.name for parameter in self.parameters]


def keras_entry(kind: str, name: str) -> KerasEntry | None:
    """Return what is known of `name`, in any spelling that Keras accepts, or None."""
    spellings = _spellings(kind)
    # Keras compares the names of optimizers without case, and of nothing else.
    return spellings.get(name) or (spellings.get(name.lower()) if kind == "optimizers" else None)


def keras_names(kind: str) -> list[str]:
    """Return all names of a kind that a config may use, without their aliases."""
    return [entry.name for entry in _entries(kind) if not entry.refused]


def keras_kinds() -> list[str]:
    """Return the kinds: layers, optimizers, schedules, losses, metrics, callbacks, ...."""
    return [key for key in _read() if key != "keras"]


def keras_version() -> str:
    """Return the version of Keras that the catalog was made from."""
    return str(_read()["keras"])


@cache
def _read() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(CATALOG_FILE.read_text(encoding="utf-8"))
    return content


@cache
def _entries(kind: str) -> tuple[KerasEntry, ...]:
    return tuple(
        KerasEntry(
            name=name,
            kind=kind,
            is_class=record["is_class"],
            parameters=tuple(Parameter(*parameter) for parameter in record["parameters"]),
            doc=record["doc"],
            aliases=tuple(record["aliases"]),
            refused=record["refused"],
        )
        for name, record in _read()[kind].items()
    )


@cache
def _spellings(kind: str) -> dict[str, KerasEntry]:
    found = {entry.name.lower(): entry for entry in _entries(kind)} if kind == "optimizers" else {}
    found |= {alias: entry for entry in _entries(kind) for alias in entry.aliases}
    return found | {entry.name: entry for entry in _entries(kind)}
