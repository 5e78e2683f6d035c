"""A resolved config, and where each of its values was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import yaml
from rich.cells import cell_len  # Hangul is two columns wide

from dlrun.config.objects import Path

if TYPE_CHECKING:
    from dlrun.config.config import Config


def origins_of(config: Config) -> list[tuple[Path, str, str]]:
    """Return every single value of a resolved config: its path, the value as text, and where it was written."""
    root = yaml.compose(config.to_yaml(), Loader=yaml.SafeLoader)
    return [(path, str(leaf.value), _origin(config, path)) for path, leaf in _leaves(root, ())]


def with_origins(config: Config) -> str:
    """Return the resolved config as YAML with a comment behind each value that says where it was written."""
    text = _one_value_a_line(config.to_yaml())
    lines = text.splitlines()
    notes: dict[int, str] = {}
    for path, leaf in _leaves(yaml.compose(text, Loader=yaml.SafeLoader), ()):
        notes[leaf.end_mark.line - (leaf.end_mark.column == 0)] = _origin(config, path)
    width = min(max((cell_len(lines[line]) for line in notes), default=0), 60)
    for number, note in notes.items():
        lines[number] += f"{' ' * (width - cell_len(lines[number]))}  # {note}"
    return "\n".join([*lines, ""])


def _one_value_a_line(text: str) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.CollectionNode):
            node.flow_style = not node.value
            nodes += [n for item in node.value for n in (item if isinstance(item, tuple) else (item,))]
    return str(yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True, width=1000))


def _origin(config: Config, path: Path) -> str:
    return str(config.locate(path) or "default")


def _leaves(node: yaml.Node | None, path: Path) -> Iterator[tuple[Path, yaml.Node]]:
    if isinstance(node, yaml.MappingNode) and node.value:
        for key, value in node.value:
            yield from _leaves(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode) and node.value:
        for position, item in enumerate(node.value):
            yield from _leaves(item, (*path, position))
    elif node is not None:
        yield path, node
