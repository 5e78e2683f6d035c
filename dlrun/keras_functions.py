"""Keras's functions that may stand among the layers: `keras.applications` as networks, `keras.ops` as arithmetic.

`keras_functions.json` is made from the installed Keras by `python -m dlrun.model.make_functions`; nothing in it is
written by hand. As with `keras_catalog.json`, it lets a config be checked without Keras.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dlrun.keras_catalog import Parameter

FUNCTIONS_FILE = Path(__file__).with_name("keras_functions.json")
OPS = "ops."  # what a function of keras.ops is called in a config begins with


@dataclass(frozen=True)
class KerasFunction:
    """A function of `keras.applications` or `keras.ops`.

    Args:
        name: Its name in a config: "MobileNetV2", "ops.mean".
        parameters: What may be written under it, in Keras's order.
        doc: The first line of Keras's docstring.
        tensors: The parameters that take tensors; () for an application.
        operation: The class that stands for it in a saved model: "Mean"; "" for an application.
    """

    name: str
    parameters: tuple[Parameter, ...]
    doc: str
    tensors: tuple[str, ...] = ()
    operation: str = ""


@cache
def applications() -> dict[str, KerasFunction]:
    """Return the networks of `keras.applications` by name."""
    return {name: _function(name, record) for name, record in _read()["applications"].items()}


@cache
def operations() -> dict[str, KerasFunction]:
    """Return the functions of `keras.ops` by their names in a config: `ops.mean`."""
    return {name: _function(name, record) for name, record in _read()["ops"].items()}


@cache
def operation_of(class_name: str) -> KerasFunction | None:
    """Return the function that an Operation in a saved model stands for: `Mean` for `ops.mean`."""
    return next((found for found in operations().values() if found.operation == class_name), None)


def _function(name: str, record: dict[str, Any]) -> KerasFunction:
    parameters = tuple(Parameter(*parameter) for parameter in record["parameters"])
    return KerasFunction(name, parameters, record["doc"], tuple(record["tensors"]), record["operation"])


@cache
def _read() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FUNCTIONS_FILE.read_text(encoding="utf-8"))
    return content
