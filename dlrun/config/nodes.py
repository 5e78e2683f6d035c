"""A config as a tree of nodes, each of which remembers where it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from dlrun.config.objects import Path
from dlrun.errors import Location

NOWHERE = Location("")


@dataclass(frozen=True)
class ScalarNode:
    """A single value.

    Args:
        value: What it means: text, a number, true, false or null.
        text: How it was written, without quotes; a column called 007 keeps its zeros so.
        location: Where it stands.
        quoted: Whether it stood in quotes (or was a block of text), which makes it text whatever it looks like.
    """

    value: str | int | float | bool | None
    text: str
    location: Location
    quoted: bool = False

    @property
    def is_written(self) -> bool:
        """False for the nothing after `key:`."""
        return self.quoted or bool(self.text)


@dataclass(frozen=True)
class ListNode:
    """A list of nodes."""

    items: tuple[Node, ...]
    location: Location


@dataclass(frozen=True)
class Entry:
    """A key with its value."""

    key: str
    key_location: Location
    value: Node

    @property
    def location(self) -> Location:
        """Where to point at for the value: itself if it is a scalar, else its key."""
        if isinstance(self.value, ScalarNode) and self.value.is_written:
            return self.value.location
        return self.key_location


@dataclass(frozen=True)
class MappingNode:
    """Keys and their values; every key is text."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    location: Location = NOWHERE

    def get(self, key: str) -> Node | None:
        """Return the value under `key`, or None."""
        entry = self.entries.get(key)
        return None if entry is None else entry.value

    def with_entry(self, entry: Entry) -> MappingNode:
        """Return a copy that holds `entry` too, in place of one with the same key."""
        return MappingNode({**self.entries, entry.key: entry}, self.location)

    def without(self, *keys: str) -> MappingNode:
        """Return a copy that lacks `keys`."""
        return MappingNode({k: e for k, e in self.entries.items() if k not in keys}, self.location)


Node: TypeAlias = ScalarNode | ListNode | MappingNode


def is_null(node: Node | None) -> bool:
    """Tell whether nothing, or null, was written."""
    return node is None or (isinstance(node, ScalarNode) and node.value is None)


def plain(node: Node) -> Any:
    """Return the node as dicts, lists and scalars."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def describe(node: Node) -> str:
    """Return what a node is, in words for a message: `text 'abc'`, `3.5`, `a list`."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, ListNode):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, str):
        shown = node.value if len(node.value) <= 40 else node.value[:37] + "..."
        return f"text '{shown}'"
    return node.text


def locate(root: Node, path: Path) -> tuple[Location, Path]:
    """Return the place of `path`, or of the nearest part around it that was written, and that part's path."""
    node, location, found = root, root.location, 0
    for segment in path:
        if isinstance(node, MappingNode) and segment in node.entries:
            entry = node.entries[str(segment)]
            node, location = entry.value, entry.location
        elif isinstance(node, ListNode) and isinstance(segment, int) and 0 <= segment < len(node.items):
            node = node.items[segment]
            location = node.location
        else:
            break
        found += 1
    return location, path[:found]


def key_location(root: Node, path: Path) -> Location:
    """Return where the key at the end of `path` stands, or the nearest place around it."""
    parent, _ = find(root, path[:-1])
    if isinstance(parent, MappingNode) and path and path[-1] in parent.entries:
        return parent.entries[str(path[-1])].key_location
    return locate(root, path)[0]


def find(root: Node, path: Path) -> tuple[Node | None, Path]:
    """Return the node at `path` (None if nothing was written there) and the part of the path that exists."""
    node: Node = root
    for depth, segment in enumerate(path):
        if isinstance(node, MappingNode) and segment in node.entries:
            node = node.entries[str(segment)].value
        elif isinstance(node, ListNode) and isinstance(segment, int) and 0 <= segment < len(node.items):
            node = node.items[segment]
        else:
            return None, path[:depth]
    return node, path


def path_text(path: Path) -> str:
    """Return a path as people write it: `layers[1].Dense.units`; a key that holds a dot stands in quotes."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        else:
            shown = f'"{segment}"' if "." in segment else segment
            text += f".{shown}" if text else shown
    return text
