"""A written-out list of layers back to nodes, with a name for every layer that another one refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dlrun.config.items import stem_of
from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode
from dlrun.config.objects import Path
from dlrun.config.scopes import Given, Target, Written

Paths = dict[Path, Path]


def write_out(written: list[Written], layers: ListNode, path: Path, paths: Paths, taken: Iterable[str]) -> ListNode:
    """Return the layers as a list.

    Args:
        written: The layers.
        layers: The list that was written.
        path: Where it stands in the config.
        paths: Learns where each layer was written, by where it stands now.
        taken: Further names that no layer may get.
    """
    _name(written, {*taken, *(layer.name for layer in written if layer.name is not None)})
    nodes: list[Node] = []
    for n, layer in enumerate(written):
        paths[(*path, n)] = layer.source
        node = _with_beside(layer, written[n - 1] if n else None)
        for below, inner in layer.lists.items():
            node = _with_list(node, below, inner, (*path, n, *below), paths)
        nodes.append(node)
    return ListNode(tuple(nodes), layers.location)


def _name(written: list[Written], taken: set[str]) -> None:
    """Give layers that are referred to the names that all layers get automatically when they are wired."""
    pairs = zip([None, *written], written, strict=False)
    needed = {id(t.layer) for above, layer in pairs if not _only_above(layer, above) for t in _targets(layer)}
    needed |= {id(layer.shared.layer) for layer in written if layer.shared is not None}
    for layer in written:
        if layer.name is not None:
            continue
        shared = layer.shared.layer.name if layer.shared is not None and layer.shared.layer is not None else None
        stem, count = shared or stem_of(layer.node), 0
        name = stem
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name)
        if id(layer) in needed:
            layer.name = name


def _targets(layer: Written) -> Iterator[Target]:
    for given in (layer.inputs or {}).values():
        for one in given:
            yield from one.targets or ()


def _only_above(layer: Written, above: Written | None) -> bool:
    """Tell whether a layer says `inputs: above`, or the like, of a layer that has no name."""
    one = (layer.inputs or {}).get("", [])
    return above is not None and above.name is None and len(one) == 1 and one[0].targets == [Target(above, "")]


def _with_beside(layer: Written, above: Written | None) -> Node:
    node = layer.node
    if layer.name is None and layer.inputs is None and layer.shared is None:
        return node
    if isinstance(node, ScalarNode):
        node = MappingNode(
            {node.text: Entry(node.text, node.location, ScalarNode(None, "", node.location))}, node.location
        )
    if not isinstance(node, MappingNode):
        return node
    if layer.name is not None:
        node = node.with_entry(_text_entry(node, "name", layer.name))
    if layer.shared is not None and layer.shared.layer is not None:
        node = node.with_entry(_text_entry(node, "shared", f"{layer.shared.layer.name}{layer.shared.text}"))
    if layer.inputs is None or (_only_above(layer, above)):
        return node.without("inputs")
    return node.with_entry(_inputs_entry(node, layer))


def _text_entry(node: MappingNode, key: str, text: str) -> Entry:
    old = node.entries.get(key)
    place = old.location if old is not None else node.location
    return Entry(key, old.key_location if old is not None else place, ScalarNode(text, text, place, quoted=True))


def _inputs_entry(node: MappingNode, layer: Written) -> Entry:
    assert layer.inputs is not None
    old = node.entries.get("inputs")
    place = old.key_location if old is not None else node.location
    if list(layer.inputs) == [""]:
        return Entry("inputs", place, _names(layer.inputs[""], old.value if old is not None else None))
    assert old is not None and isinstance(old.value, MappingNode)
    entries = [Entry(key, e.key_location, _names(layer.inputs[key], e.value)) for key, e in old.value.entries.items()]
    return Entry("inputs", place, MappingNode({entry.key: entry for entry in entries}, old.value.location))


def _names(given: list[Given], old: Node | None) -> Node:
    nodes = [node for one in given for node in _named(one)]
    if len(nodes) == 1 and not isinstance(old, ListNode):
        return nodes[0]
    return ListNode(tuple(nodes), old.location if old is not None else nodes[0].location)


def _named(one: Given) -> list[Node]:
    if one.targets is None:
        return [one.node]
    texts = [f"{t.layer.name if t.layer is not None else ''}{t.text}" for t in one.targets]
    return [ScalarNode(text, text, one.node.location, quoted=True) for text in texts]


def _with_list(node: Node, below: Path, written: list[Written], path: Path, paths: Paths) -> Node:
    """Return a layer with the list of layers at a path inside it written out."""
    if not below:
        assert isinstance(node, ListNode)
        return write_out(written, node, path, paths, ())
    first = below[0]
    if isinstance(node, ListNode) and isinstance(first, int):
        items = list(node.items)
        items[first] = _with_list(items[first], below[1:], written, path, paths)
        return ListNode(tuple(items), node.location)
    assert isinstance(node, MappingNode)
    entry = node.entries[str(first)]
    return node.with_entry(
        Entry(entry.key, entry.key_location, _with_list(entry.value, below[1:], written, path, paths))
    )
