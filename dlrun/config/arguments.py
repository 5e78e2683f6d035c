"""Values of a Keras object's arguments: nested objects, fractions, and whether they are of a type that Keras takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from dlrun.catalog import keras_entry
from dlrun.config.names import KIND_WORDS
from dlrun.config.nodes import ListNode, MappingNode, Node, ScalarNode, describe
from dlrun.config.objects import Path
from dlrun.config.parsing import Parsing
from dlrun.config.scalars import parse_fraction
from dlrun.errors import did_you_mean
from dlrun.keras_catalog import Parameter, keras_kinds, kinds_of

if TYPE_CHECKING:
    from dlrun.config.parse_objects import ObjectParser

_PATHS_READ = {"vocabulary", "idf_weights"}
_PATHS_WRITTEN = {"filepath", "filename", "log_dir", "directory", "backup_dir"}
_WORDS = {
    "int": "a whole number",
    "int+": "a whole number from 1",
    "float": "a number",
    "fraction": "a number from 0 to 1",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
    "map": "a mapping",
}


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
    return _value(parser, node, path, parameter.kinds if parameter else kinds_of(name), parameter)


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
        if fraction is not None and not (parameter and _takes_text(parameter)):
            return fraction
    return node.value


def _is_object(node: MappingNode) -> bool:
    if "type" in node.entries:
        return True
    keys = list(node.entries)
    return len(keys) == 1 and any(keras_entry(kind, keys[0]) is not None for kind in keras_kinds())


def check_argument(parsing: Parsing, node: Node, path: Path, kind: str, parameter: Parameter) -> None:
    """Note a problem where a value cannot be what the argument needs, as far as Keras's documentation tells."""
    location = node.location
    expected = _expected(node, parameter)
    if expected:
        fix = did_you_mean(node.text, parameter.choices) if _is_text(node) else ""
        parsing.refuse(location, path, f"expected {expected}, got {describe(node)}", "" if "There are" in fix else fix)
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or parsing.trust:
        return
    if parameter.name in _PATHS_READ:
        fix = "Give the words themselves as a list, or run with --trust."
        parsing.refuse(location, path, "a config may not read files by itself", fix)
    if kind == "callbacks" and parameter.name in _PATHS_WRITTEN and _leaves_folder(node.value):
        fix = "Give a path without '..' that does not begin with '/'; it lands in the run's folder."
        parsing.refuse(location, path, "nothing is written outside the run's folder", fix)


def _is_text(node: Node) -> TypeGuard[ScalarNode]:
    return isinstance(node, ScalarNode) and isinstance(node.value, str)


def _leaves_folder(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return ".." in parts or parts[0] == "" or (":" in parts[0] and "{" not in parts[0]) or path.startswith("~")


def _expected(node: Node, parameter: Parameter) -> str:
    """Return what an argument should be, in words, where the node is not that; else nothing."""
    if isinstance(node, ScalarNode) and node.value is None:
        return ""
    limited = _limits(node, parameter)
    if limited:
        return limited
    types = [t for t in parameter.types if not t.startswith('"')]
    if not parameter.types or any(_fits(node, t) for t in types) or _is_choice(node, parameter):
        return ""
    words = [_WORDS.get(t) or f"{_article(KIND_WORDS[t])} by its name" for t in types]
    return _either([*parameter.choices, *dict.fromkeys(words)])


def _limits(node: Node, parameter: Parameter) -> str:
    """Return what a number must be where its name tells more than Keras says of its type."""
    number = _number(node)
    if not isinstance(node, ScalarNode):
        return ""
    if parameter.name == "patience" and not (isinstance(number, int) and number >= 0):
        return "a whole number from 0"
    if parameter.name.endswith("learning_rate") and not (number is not None and number > 0):
        return "a number above 0"
    return ""


def _fits(node: Node, expected: str) -> bool:
    """Tell whether a value is of a type; whole numbers may be written 1e3, and texts may be a fraction."""
    if isinstance(node, ListNode):
        return expected == "list"
    if isinstance(node, MappingNode):
        return expected == "map" or expected in KIND_WORDS or _is_object(node)
    if isinstance(node.value, bool):
        return expected == "bool"
    number = _number(node)
    if expected == "int+":
        return isinstance(number, int) and number > 0
    if expected == "int":
        return number is not None and number == int(number)
    if expected in {"float", "fraction"}:
        return number is not None and (expected == "float" or 0 <= number <= 1)
    return isinstance(node.value, str) and (expected == "str" or expected in KIND_WORDS)


def _number(node: Node) -> int | float | None:
    """Return the number that a scalar is, or stands for as a fraction."""
    if not isinstance(node, ScalarNode) or isinstance(node.value, bool):
        return None
    if isinstance(node.value, int | float):
        return node.value
    return parse_fraction(node.value) if isinstance(node.value, str) and not node.quoted else None


def _is_choice(node: Node, parameter: Parameter) -> bool:
    # Keras compares some of them without case.
    return _is_text(node) and str(node.value).lower() in {choice.lower() for choice in parameter.choices}


def _either(options: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(options[:-1]), options[-1]]))


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'aeio' else 'a'} {word}"


def _takes_text(parameter: Parameter) -> bool:
    return "str" in parameter.types or bool(parameter.choices)
