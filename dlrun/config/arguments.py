"""Values of a Keras object's arguments: nested objects, fractions, and what can be told of their type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.catalog import keras_entry
from dlrun.config.nodes import ListNode, MappingNode, Node, ScalarNode, describe
from dlrun.config.objects import Path
from dlrun.config.parsing import Parsing
from dlrun.config.scalars import parse_fraction
from dlrun.keras_catalog import Parameter, keras_kinds

if TYPE_CHECKING:
    from dlrun.config.parse_objects import ObjectParser

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
_POSITIVE_INTEGERS = {"units", "filters", "num_heads", "key_dim", "input_dim", "output_dim", "n"}
_PATHS_READ = {"vocabulary", "idf_weights"}
_PATHS_WRITTEN = {"filepath", "filename", "log_dir", "directory", "backup_dir"}
_ANY_TYPE = {"profile_batch", "verbose", "seed"}


def kinds_of(argument: str) -> tuple[str, ...]:
    """Return the kinds of Keras object that an argument takes, by its name; nothing where it takes plain values."""
    ending = argument.rpartition("_")[2]
    return _KINDS_BY_ENDING.get(argument) or _KINDS_BY_ENDING.get(ending, ())


def parse_argument(
    parser: ObjectParser, node: Node, path: Path, name: str, kind: str, parameter: Parameter | None
) -> Any:
    """Return an argument's value: plain, an ObjectSpec, or a list or mapping that may hold some.

    Args:
        parser: Parses the objects inside.
        node: What was written.
        path: Where.
        name: The argument's name.
        kind: The kind of the object that it is an argument of.
        parameter: What the catalog knows of it, if anything.
    """
    if parameter is not None:
        check_argument(parser.parsing, node, path, kind, parameter)
    return _value(parser, node, path, kinds_of(name), parameter)


def _value(parser: ObjectParser, node: Node, path: Path, kinds: tuple[str, ...], parameter: Parameter | None) -> Any:
    if isinstance(node, ListNode):
        return [_value(parser, item, (*path, n), kinds, parameter) for n, item in enumerate(node.items)]
    if isinstance(node, MappingNode):
        if kinds or _is_object(node):
            return parser.parse(node, path, kinds or tuple(keras_kinds()))
        return {key: _value(parser, e.value, (*path, key), (), None) for key, e in node.entries.items()}
    if isinstance(node.value, str):
        if "layers" in kinds and "activations" not in kinds:
            return parser.parse(node, path, kinds)
        if kinds and kinds != ("schedules",):
            parser.check_name(node, path, kinds)
            return node.value
        fraction = None if node.quoted else parse_fraction(node.value)
        if fraction is not None and not (parameter and isinstance(parameter.default, str)):
            return fraction
    return node.value


def _is_object(node: MappingNode) -> bool:
    if "type" in node.entries:
        return True
    keys = list(node.entries)
    return len(keys) == 1 and any(keras_entry(kind, keys[0]) is not None for kind in keras_kinds())


def check_argument(parsing: Parsing, node: Node, path: Path, kind: str, parameter: Parameter) -> None:
    """Note a problem where a value cannot be what the argument needs, as far as its name and default tell."""
    location = node.location
    expected = _expected(node, kind, parameter)
    if expected:
        parsing.refuse(location, path, f"expected {expected}, got {describe(node)}")
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or parsing.trust:
        return
    if parameter.name in _PATHS_READ:
        fix = "Give the words themselves as a list, or run with --trust."
        parsing.refuse(location, path, "a config may not read files by itself", fix)
    if kind == "callbacks" and parameter.name in _PATHS_WRITTEN and _leaves_folder(node.value):
        fix = "Give a path without '..' that does not begin with '/'; it lands in the run's folder."
        parsing.refuse(location, path, "nothing is written outside the run's folder", fix)


def _leaves_folder(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return ".." in parts or parts[0] == "" or (":" in parts[0] and "{" not in parts[0]) or path.startswith("~")


def _expected(node: Node, kind: str, parameter: Parameter) -> str:
    """Return what an argument should be, in words, where the node is not that; else nothing."""
    if not isinstance(node, ScalarNode) or node.value is None:
        return ""
    value = node.value
    if isinstance(value, str) and not node.quoted and parse_fraction(value) is not None:
        value = parse_fraction(value) or 0.0
    number = isinstance(value, int | float) and not isinstance(value, bool)
    name, default = parameter.name, parameter.default
    if kind == "layers" and name in _POSITIVE_INTEGERS:
        return "" if isinstance(value, int) and number and value > 0 else "a whole number from 1"
    if kind == "layers" and name in {"rate", "dropout", "recurrent_dropout"}:
        return "" if number and 0 <= float(value) <= 1 else "a number from 0 to 1"
    if name == "patience":
        return "" if isinstance(value, int) and number and value >= 0 else "a whole number from 0"
    if name.endswith("learning_rate"):
        return "" if number and float(value) > 0 else "a number above 0"
    if name in _ANY_TYPE:
        return ""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, int | float):
        return "" if number else "a number"
    return ""
