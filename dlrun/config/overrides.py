"""Overrides on the command line: `fit.epochs=5 layers.0.Dense.units=64 ~callbacks`.

A key that holds a dot stands in quotes: `preprocessing.columns."Solar.R"=standard`. Values are read like those of a
file: `fit.batch_size=64`, `layers.1={Dropout: 0.3}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dlrun.catalog import keras_entry
from dlrun.config.merge import known_type, note_replaced, object_type
from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, describe, is_null, path_text
from dlrun.config.objects import Path
from dlrun.config.reader import read_yaml
from dlrun.errors import ConfigError, Location, Problem, did_you_mean
from dlrun.keras_catalog import keras_kinds

_SEGMENT = re.compile(r""""([^"]*)"|'([^']*)'|([^.="']+)""")
_USAGE = "Write key.key=value, or ~key.key to remove."


def apply_overrides(root: MappingNode, overrides: Iterable[str], notes: list[str]) -> MappingNode:
    """Return the tree with every override applied, in order.

    Args:
        root: The merged tree.
        overrides: As typed.
        notes: Takes a sentence for every replaced object whose arguments were dropped.

    Raises:
        ConfigError: If overrides cannot be read, or point at nothing; all of them at once.
    """
    problems: list[Problem] = []
    tree: Node = root
    for text in overrides:
        try:
            tree = _apply(tree, text, notes)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    assert isinstance(tree, MappingNode)
    return tree


def split_key(path: str) -> list[str]:
    """Return the segments of a key: `preprocessing.columns."Solar.R"` has three.

    Raises:
        ConfigError: If it is none.
    """
    return _split(path, override_location(path))[0]


def override_location(text: str) -> Location:
    """Return the place of an override, for messages."""
    return Location(f"command line: {text}")


def _apply(root: Node, text: str, notes: list[str]) -> Node:
    location = override_location(text)
    remove = text.startswith("~")
    path, rest = _split(text[1:] if remove else text, location)
    if path[0] == "extends":
        raise ConfigError(Problem("extends cannot be overridden", "Write it in a file.", "", location))
    if remove:
        if rest is not None:
            raise ConfigError(Problem("a removal takes no value", _USAGE, "", location))
        return _Change(location, notes, None).at(root, path, ())
    if rest is None:
        raise ConfigError(Problem("an override needs a value", _USAGE, "", location))
    value = read_yaml(rest, lambda line, column: location) if rest.strip(" \t\r\n") else ScalarNode(None, "", location)
    return _Change(location, notes, value).at(root, path, ())


def _split(text: str, location: Location) -> tuple[list[str], str | None]:
    """Return the segments of the key, and what stands after `=` (None where there is none)."""
    path: list[str] = []
    position = 0
    while True:
        match = _SEGMENT.match(text, position)
        if match is None:
            raise ConfigError(
                Problem("no key before '='" if not path else "the key is not finished", _USAGE, "", location)
            )
        path.append(next(group for group in match.groups() if group is not None))
        position = match.end()
        following = text[position : position + 1]
        if following == ".":
            position += 1
        elif following == "=":
            return path, text[position + 1 :]
        elif not following:
            return path, None
        else:
            raise ConfigError(Problem("text beside a quoted key", _USAGE, "", location))


class _Change:
    """Sets one value (or removes one, where `value` is None) somewhere in a tree, copying what lies above it."""

    def __init__(self, location: Location, notes: list[str], value: Node | None) -> None:
        self.location = location
        self.notes = notes
        self.value = value

    def at(self, node: Node | None, rest: list[str], path: Path) -> Node:
        if isinstance(node, ListNode):
            return self._in_list(node, rest, path)
        if isinstance(node, ScalarNode) and not is_null(node):
            node = self._opened(node, rest, path)
        if not isinstance(node, MappingNode):
            node = MappingNode({}, self.location)
        return self._in_mapping(self._fitting(node, rest, path), rest, path)

    def _in_list(self, node: ListNode, rest: list[str], path: Path) -> Node:
        count = len(node.items)
        if not rest[0].isdecimal() or int(rest[0]) >= count:
            there = f"Its items are {', '.join(map(str, range(min(count, 20))))}." if count else "The list is empty."
            raise self._error(f"no item '{rest[0]}'", there, path)
        index = int(rest[0])
        items = list(node.items)
        if len(rest) > 1:
            items[index] = self.at(items[index], rest[1:], (*path, index))
        elif self.value is None:
            del items[index]
        else:
            note_replaced(items[index], self.value, self.notes, (*path, index))
            items[index] = self.value
        return ListNode(tuple(items), node.location)

    def _in_mapping(self, node: MappingNode, rest: list[str], path: Path) -> Node:
        key = _spelled(node, rest[0])
        inner = (*path, key)
        old = node.get(key)
        if self.value is None and old is None:
            raise self._error(f"there is no '{key}' to remove", did_you_mean(key, node.entries), path)
        if len(rest) > 1:
            there = object_type(node, path)
            if old is None and there is not None and path and known_type(key) is None and "type" not in node.entries:
                raise self._error(f"{there} stands there, and no '{key}' is known", did_you_mean(key, [there]), path)
            return node.with_entry(Entry(key, self.location, self.at(old, rest[1:], inner)))
        if self.value is None:
            return node.without(key)
        if old is not None:
            note_replaced(old, self.value, self.notes, inner)
        return node.with_entry(Entry(key, self.location, self.value))

    def _opened(self, node: ScalarNode, rest: list[str], path: Path) -> Node:
        """Return a scalar as the mapping that a longer key reaches into: `SGD` as `{SGD: }`, `Dense: 8` by argument."""
        if object_type(node, path) is not None and known_type(rest[0]) is not None:
            return MappingNode(
                {node.text: Entry(node.text, node.location, ScalarNode(None, "", node.location))}, node.location
            )
        first = _first_argument(path)
        if first is not None:
            return MappingNode({first: Entry(first, node.location, node)}, node.location)
        raise self._error(f"'{path_text(path)}' is {describe(node)}, which holds no '{rest[0]}'", "", path)

    def _fitting(self, node: MappingNode, rest: list[str], path: Path) -> MappingNode:
        """Return an empty mapping in place of an object whose type the override changes."""
        if self.value is None or not path or rest[0] in {"name", "inputs", "type"}:
            return node
        old_type, new_type = object_type(node, path), known_type(rest[0])
        if "type" in node.entries or old_type is None or new_type is None or old_type == new_type:
            return node
        keys = ("name", "inputs")
        kept = MappingNode({k: e for k, e in node.entries.items() if k in keys}, node.location)
        over = MappingNode({rest[0]: Entry(rest[0], self.location, ScalarNode(None, "", self.location))}, self.location)
        note_replaced(node, over, self.notes, path)
        return kept

    def _error(self, what: str, fix: str, path: Path) -> ConfigError:
        return ConfigError(Problem(what, fix, path_text(path), self.location))


def _spelled(node: MappingNode, key: str) -> str:
    """Return the key as the config spells it: `Adam` also finds `adam`."""
    if key in node.entries:
        return key
    wanted = known_type(key)
    same = [k for k in node.entries if wanted is not None and known_type(k) == wanted]
    return same[0] if len(same) == 1 else key


def _first_argument(path: Path) -> str | None:
    """Return the first parameter of the Keras class that a path ends in, as in `layers[0].Dense`."""
    if not path or not isinstance(path[-1], str):
        return None
    entries = (keras_entry(kind, path[-1]) for kind in keras_kinds())
    names = next((entry.parameter_names for entry in entries if entry is not None), [])
    return names[0] if names else None
