"""An item of a list of layers as it was written: its type, and the name beside it."""

from __future__ import annotations

from collections.abc import Iterator

from dlrun.config.layer_names import snake_case
from dlrun.config.names import look_up
from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, is_null

BESIDE = ("name", "inputs")


def stem_of(item: Node) -> str:
    """Return what an automatic name begins with: the type's name, as Keras writes it."""
    key = type_key(item)
    known = look_up(key, ("layers",))
    if key == "shared" and isinstance(item, MappingNode):
        named = item.get("shared")
        return named.text.rpartition(".")[2] if isinstance(named, ScalarNode) else key
    return snake_case(known.name if known is not None else key).rpartition(".")[2]


def type_key(item: Node) -> str:
    """Return the name of a layer's type as it was written; "" where there is none."""
    if isinstance(item, ScalarNode):
        return item.text
    if not isinstance(item, MappingNode):
        return ""
    kind = item.get("type")
    if isinstance(kind, ScalarNode):
        return kind.text
    return next((key for key in item.entries if key not in BESIDE), "")


def text_beside(item: Node, key: str) -> str | None:
    """Return the single value that stands beside a layer's type under `key`, as text."""
    node = item.get(key) if isinstance(item, MappingNode) else None
    return node.text if isinstance(node, ScalarNode) and not is_null(node) else None


def with_name_beside(layer: Node) -> Node:
    """Return a layer whose name stands beside it, where it was given among its arguments."""
    if not isinstance(layer, MappingNode) or "name" in layer.entries:
        return layer
    for key, entry in layer.entries.items():
        if key != "inputs" and isinstance(entry.value, MappingNode) and "name" in entry.value.entries:
            named = entry.value.entries["name"]
            inner = Entry(key, entry.key_location, entry.value.without("name"))
            return layer.with_entry(inner).with_entry(named)
    return layer


def given_names(layers: ListNode) -> set[str]:
    """Return the names that layers are given in a list, inside repeats too, as they are written."""
    return {name for item in layers.items for name in _names_in(item)}


def _names_in(item: Node) -> Iterator[str]:
    if not isinstance(item, MappingNode):
        return
    name = text_beside(with_name_beside(item), "name")
    if name is not None:
        yield name
    body = item.get("repeat")
    inner = body.get("layers") if isinstance(body, MappingNode) else None
    if isinstance(inner, ListNode):
        yield from given_names(inner)
