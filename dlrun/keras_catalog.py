"""Keras's own classes and functions by name, read from a JSON file, so that a config is checked without Keras.

`keras_catalog.json` is made from the installed Keras by `python -m dlrun.model.make_catalog`; nothing in it is
written by hand. It serves the checks that come before anything heavy is imported; when a network is built, the real
class decides. What may not stand in a config is said here, in code, and not in a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from dlrun.catalog_files import read_catalog
from dlrun.docstrings import Docstring, parse_docstring
from dlrun.keras_source import docstring_at

_CODE = "It takes Python code; write a class of your own in a file under `code`."
_BASE = "It is a base class; write a class of your own in a file under `code`."
_SAVED_MODEL = "It runs what is stored in another model's file, which dlrun never does."
_INPUT = "dlrun makes the inputs itself; say what goes in under `inputs`."
REFUSED = {
    **dict.fromkeys(("Layer", "Optimizer", "LearningRateSchedule", "Loss", "Metric"), _BASE),
    **dict.fromkeys(("Callback", "Initializer", "Regularizer", "Constraint"), _BASE),
    "Lambda": _CODE,
    "LambdaCallback": _CODE,
    "LearningRateScheduler": "It takes a Python function; give the optimizer a schedule as its learning_rate.",
    "JaxLayer": _CODE,
    "FlaxLayer": _CODE,
    "TorchModuleWrapper": _CODE,
    "TFSMLayer": _SAVED_MODEL,
    "InputLayer": _INPUT,
    "Wrapper": _BASE,
    "CallbackList": "List the callbacks themselves under `callbacks`.",
    "History": "dlrun always keeps the history, in the run's history.csv.",
    "ProgbarLogger": "dlrun shows the progress itself.",
    "RemoteMonitor": "It sends data over the network, which dlrun never does.",
    "MultiOptimizer": "It takes an OptimizerMap and has no learning rate; dlrun trains with one optimizer.",
}

_MODULES = {
    kind: f"keras.{'optimizers.schedules' if kind == 'schedules' else kind}"
    for kind in (
        *("layers", "optimizers", "schedules", "losses", "metrics"),
        *("callbacks", "initializers", "regularizers", "constraints", "activations"),
    )
}
_BASES = {"layers": "Layer", "optimizers": "Optimizer", "losses": "Loss", "metrics": "Metric"}
_EVERYWHERE = {  # what Keras describes nowhere
    "autocast": "Whether the layer casts its inputs to the type that it computes in.",
    "activity_regularizer": "Regularizer function for the output of the layer.",
}
_KINDS_BY_ENDING = {
    "regularizer": ("regularizers",),
    "initializer": ("initializers",),
    "constraint": ("constraints",),
    "activation": ("activations", "layers"),
    "learning_rate": ("schedules",),
    "schedule": ("schedules",),
    "optimizer": ("optimizers",),
    "layer": ("layers",),
    "layers": ("layers",),
    "cell": ("layers",),
    "cells": ("layers",),
}


def kinds_of(argument: str) -> tuple[str, ...]:
    """Return the kinds of Keras object that an argument takes, by its name; nothing where it takes plain values."""
    ending = argument.rpartition("_")[2]
    return _KINDS_BY_ENDING.get(argument) or (() if ending == "layers" else _KINDS_BY_ENDING.get(ending, ()))


@dataclass(frozen=True)
class Parameter:
    """A parameter of a Keras class.

    Args:
        name: As Keras calls it.
        required: Whether there is no default.
        default: The default as JSON; None where it is no JSON value.
        types: What it takes, as `argument_types` says: "int", "list", "regularizers", '"valid"'; empty if not known.
    """

    name: str
    required: bool
    default: Any = None
    types: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of Keras object that it takes."""
        return tuple(name for name in self.types if name in _MODULES) or (() if self.types else kinds_of(self.name))

    @property
    def choices(self) -> list[str]:
        """The words of which it takes one; empty where any text will do."""
        return [name[1:-1] for name in self.types if name.startswith('"')]


@dataclass(frozen=True)
class KerasEntry:
    """What is known of a Keras class or function.

    Args:
        name: The class's name, or the function's where Keras has no class of that meaning.
        kind: One of `keras_kinds()`: "layers", "losses", ....
        is_class: False for a function: an activation, or the metric "accuracy" that depends on the loss.
        parameters: In Keras's order, the base class's keywords last.
        aliases: Other spellings that Keras accepts: "mse", "MSE", "mean_squared_error".
        refused: Why it cannot stand in a config, as a whole sentence; empty where it can.
        text: The docstring of what is not Keras's.
        origin: Where it comes from, if not from Keras: "my_layers.py", "the package dlrun-extras".
        place: Where Keras defines it, `keras.src.layers.core.dense:Dense`; its docstring is read there.
    """

    name: str
    kind: str
    is_class: bool
    parameters: tuple[Parameter, ...]
    aliases: tuple[str, ...] = ()
    refused: str = ""
    text: str = ""
    origin: str = ""
    place: str = ""

    @property
    def parameter_names(self) -> list[str]:
        """The names of the parameters, in order."""
        return [parameter.name for parameter in self.parameters]

    @property
    def public_name(self) -> str:
        """Where it comes from: keras.layers.Dense, or a file or package."""
        if self.origin:
            return self.origin
        return f"{_MODULES[self.kind]}.{self.name}"

    def doc(self) -> Docstring:
        """Return what Keras says of it; of arguments that every such class takes, what the base class says."""
        own = parse_docstring(self.text if self.origin else docstring_at(self.place))
        base = _base_doc(self.kind) if self.is_class else Docstring()
        known = {**_EVERYWHERE, **base.arguments, **own.arguments}
        found = {name: known[name] for name in self.parameter_names if name in known}
        if self.origin:
            return Docstring(own.summary, own.body, found, own.sections)
        return Docstring(own.summary or f"The {self.name} that belongs to the loss.", own.body, found, own.sections)


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
    return list(_MODULES)


def keras_version() -> str:
    """Return the version of Keras that the catalog was made from."""
    return str(read_catalog()["keras"])


@cache
def _base_doc(kind: str) -> Docstring:
    base = keras_entry(kind, _BASES[kind]) if kind in _BASES else None
    return parse_docstring(docstring_at(base.place)) if base is not None else Docstring()


@cache
def _entries(kind: str) -> tuple[KerasEntry, ...]:
    return tuple(
        KerasEntry(
            name=name,
            kind=kind,
            is_class=record["is_class"],
            parameters=tuple(Parameter(n, required, d, tuple(t)) for n, required, d, t in record["parameters"]),
            aliases=tuple(record["aliases"]),
            refused=REFUSED.get(name, ""),
            place=record["place"],
        )
        for name, record in read_catalog()[kind].items()
    )


@cache
def _spellings(kind: str) -> dict[str, KerasEntry]:
    found = {entry.name.lower(): entry for entry in _entries(kind)} if kind == "optimizers" else {}
    found |= {alias: entry for entry in _entries(kind) for alias in entry.aliases}
    return found | {entry.name: entry for entry in _entries(kind)}
