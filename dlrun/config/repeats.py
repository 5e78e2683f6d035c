"""`repeat: {times: 3, layers: [...]}` in the list of layers, written out.

Names inside get the number of the repetition: `h` becomes `h_1`, `h_2`, `h_3`, and `inputs` inside that name `h` mean
the one of the same repetition. Layers after the repeat refer to `h_3`.
"""

from __future__ import annotations

from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, describe
from dlrun.config.objects import Path
from dlrun.config.parsing import Parsing
from dlrun.errors import did_you_mean

MAX_LAYERS = 2000
_EXAMPLE = "Write repeat: {times: 3, layers: [...]}."


def expand_repeats(root: MappingNode, parsing: Parsing) -> MappingNode:
    """Return the tree with every repeat written out; `parsing` learns where each layer was written.

    A malformed repeat is noted in `parsing`.
    """
    layers = root.get("layers")
    if not isinstance(layers, ListNode):
        return root
    entry = root.entries["layers"]
    written: list[tuple[Node, Path]] = []
    for index, item in enumerate(layers.items):
        _expand(item, ("layers", index), written, parsing)
    if len(written) > MAX_LAYERS:
        parsing.refuse(entry.location, ("layers",), f"more than {MAX_LAYERS} layers", "Repeat less often.")
        return root
    parsing.layer_paths = tuple(path for _, path in written)
    expanded = ListNode(tuple(node for node, _ in written), layers.location)
    return root.with_entry(Entry("layers", entry.key_location, expanded))


def _expand(item: Node, path: Path, written: list[tuple[Node, Path]], parsing: Parsing) -> None:
    if not (isinstance(item, MappingNode) and "repeat" in item.entries):
        written.append((item, path))
        return
    parts = _parts(item, path, parsing)
    if parts is None:
        return
    times, layers = parts
    names = set(_names(layers))
    for number in range(1, times + 1):
        for index, layer in enumerate(layers):
            if len(written) > MAX_LAYERS:
                return
            _expand(_numbered(layer, names, number), (*path, "repeat", "layers", index), written, parsing)


def _parts(item: MappingNode, path: Path, parsing: Parsing) -> tuple[int, tuple[Node, ...]] | None:
    """Return how often to repeat which layers; None, and a note in `parsing`, where that is not well said."""
    entry, inside = item.entries["repeat"], (*path, "repeat")
    for key in item.entries:
        if key != "repeat":
            place = item.entries[key].location
            parsing.refuse(place, (*path, key), f"'{key}' cannot stand beside repeat", "Name the layers inside.")
    if not isinstance(entry.value, MappingNode):
        parsing.refuse(entry.location, inside, f"expected times and layers, got {describe(entry.value)}", _EXAMPLE)
        return None
    body = entry.value.entries
    for key in body:
        if key not in {"times", "layers"}:
            fix = did_you_mean(key, ["times", "layers"])
            parsing.refuse(body[key].location, (*inside, key), "unknown key", fix)
    for key in ("times", "layers"):
        if key not in body:
            parsing.refuse(entry.location, inside, f"'{key}' is missing", _EXAMPLE)
            return None
    return _checked_parts(body["times"], body["layers"], inside, parsing)


def _checked_parts(times: Entry, layers: Entry, inside: Path, parsing: Parsing) -> tuple[int, tuple[Node, ...]] | None:
    count = times.value.value if isinstance(times.value, ScalarNode) else None
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MAX_LAYERS:
        what = f"expected a whole number from 0 to {MAX_LAYERS}, got {describe(times.value)}"
        parsing.refuse(times.location, (*inside, "times"), what)
        return None
    if not isinstance(layers.value, ListNode):
        what = f"expected a list of layers, got {describe(layers.value)}"
        parsing.refuse(layers.location, (*inside, "layers"), what)
        return None
    return count, tuple(map(_with_name_beside, layers.value.items))


def _with_name_beside(layer: Node) -> Node:
    """Return a layer whose name stands beside it, where it was given among its arguments."""
    if not isinstance(layer, MappingNode) or "name" in layer.entries:
        return layer
    for key, entry in layer.entries.items():
        if key != "repeat" and isinstance(entry.value, MappingNode) and "name" in entry.value.entries:
            named = entry.value.entries["name"]
            return layer.with_entry(_with_value(entry, entry.value.without("name"))).with_entry(named)
    return layer


def _names(layers: tuple[Node, ...]) -> list[str]:
    """Return the names that layers are given, inside nested repeats too."""
    names: list[str] = []
    for layer in layers:
        if not isinstance(layer, MappingNode):
            continue
        named = layer.get("name")
        if isinstance(named, ScalarNode) and isinstance(named.value, str):
            names.append(named.value)
        body = layer.get("repeat")
        inner = body.get("layers") if isinstance(body, MappingNode) else None
        if isinstance(inner, ListNode):
            names += _names(inner.items)
    return names


def _numbered(node: Node, names: set[str], number: int) -> Node:
    """Return a layer with the number of its repetition after its name, and after the names in its inputs."""
    if not isinstance(node, MappingNode):
        return node
    entries = dict(node.entries)
    for key in ("name", "inputs"):
        if key in entries:
            entries[key] = _with_value(entries[key], _suffixed(entries[key].value, names, number))
    body = node.get("repeat")
    if isinstance(body, MappingNode) and isinstance(body.get("layers"), ListNode):
        inner = body.entries["layers"]
        assert isinstance(inner.value, ListNode)
        numbered = ListNode(tuple(_numbered(n, names, number) for n in inner.value.items), inner.value.location)
        entries["repeat"] = _with_value(entries["repeat"], body.with_entry(_with_value(inner, numbered)))
    return MappingNode(entries, node.location)


def _with_value(entry: Entry, value: Node) -> Entry:
    return Entry(entry.key, entry.key_location, value)


def _suffixed(node: Node, names: set[str], number: int) -> Node:
    if isinstance(node, ListNode):
        return ListNode(tuple(_suffixed(item, names, number) for item in node.items), node.location)
    if isinstance(node, ScalarNode) and node.value in names:
        return ScalarNode(f"{node.value}_{number}", f"{node.text}_{number}", node.location, quoted=True)
    return node
