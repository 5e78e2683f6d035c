"""`blocks:`, layers written once and used with arguments, as `- residual: {filters: 32}` in a list of layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dlrun.config.names import look_up
from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, describe, is_null
from dlrun.config.objects import Path
from dlrun.config.parsing import Parsing
from dlrun.errors import did_you_mean

EXAMPLE = "Write name: {arguments: {units: 8}, layers: [{Dense: '${units}'}]}."
_KEYS = ("arguments", "inputs", "layers")
TAKEN = ("name", "inputs", "type", "repeat", "shared", "above", "input")  # mean something in a list of layers


@dataclass(frozen=True)
class Block:
    """A block's definition.

    Args:
        name: Its name.
        arguments: Argument to its default; None where it has to be given.
        inputs: What its own layers call that which comes in.
        layers: Its layers, with `${argument}` in them.
        path: Where the layers stand.
    """

    name: str
    arguments: Mapping[str, Node | None]
    inputs: tuple[str, ...]
    layers: ListNode
    path: Path


def read_blocks(root: MappingNode, parsing: Parsing) -> dict[str, Block]:
    """Return the blocks of a config; what is wrong with a definition is noted."""
    entry = root.entries.get("blocks")
    if entry is None or is_null(entry.value):
        return {}
    if not isinstance(entry.value, MappingNode):
        parsing.refuse(entry.location, ("blocks",), f"expected a mapping, got {describe(entry.value)}", EXAMPLE)
        return {}
    found = {e.key: _block(e, parsing) for e in entry.value.entries.values() if not is_null(e.value)}
    return {name: block for name, block in found.items() if block is not None}


def _block(entry: Entry, parsing: Parsing) -> Block | None:
    name, path = entry.key, ("blocks", entry.key)
    if name in TAKEN or not name.isidentifier():
        parsing.refuse(entry.key_location, path, f"a block cannot be called '{name}'", "Use letters, digits and '_'.")
        return None
    if look_up(name, ("layers",)) is not None:
        parsing.refuse(entry.key_location, path, f"'{name}' is a layer of Keras's", "Give the block another name.")
        return None
    if isinstance(entry.value, ListNode):
        return Block(name, {}, ("input",), entry.value, path)
    if not isinstance(entry.value, MappingNode):
        what = f"expected layers, got {describe(entry.value)}"
        parsing.refuse(entry.location, path, what, EXAMPLE)
        return None
    return _mapping(name, entry.value, entry, parsing)


def _mapping(name: str, body: MappingNode, entry: Entry, parsing: Parsing) -> Block | None:
    path = ("blocks", name)
    for key, inner in body.entries.items():
        if key not in _KEYS:
            fix = did_you_mean(key, _KEYS) or f"There are: {', '.join(_KEYS)}."
            parsing.refuse(inner.key_location, (*path, key), "unknown key", fix)
    layers = body.get("layers")
    if not isinstance(layers, ListNode):
        what = (
            "'layers' is missing" if is_null(layers) or layers is None else f"expected a list, got {describe(layers)}"
        )
        parsing.refuse(entry.location, (*path, "layers"), what, EXAMPLE)
        return None
    arguments = _arguments(body.entries.get("arguments"), (*path, "arguments"), parsing)
    inputs = _names(body.entries.get("inputs"), (*path, "inputs"), parsing) or ("input",)
    return Block(name, arguments, inputs, layers, (*path, "layers"))


def _arguments(entry: Entry | None, path: Path, parsing: Parsing) -> dict[str, Node | None]:
    if entry is None or is_null(entry.value):
        return {}
    if isinstance(entry.value, MappingNode):
        return {key: None if _is_blank(e.value) else e.value for key, e in entry.value.entries.items()}
    return dict.fromkeys(_names(entry, path, parsing))


def _is_blank(node: Node) -> bool:
    """Tell `units:`, which has to be given, from `weights: null`, whose default is null."""
    return isinstance(node, ScalarNode) and not node.is_written


def _names(entry: Entry | None, path: Path, parsing: Parsing) -> tuple[str, ...]:
    if entry is None or is_null(entry.value):
        return ()
    items = entry.value.items if isinstance(entry.value, ListNode) else (entry.value,)
    names = tuple(item.text for item in items if isinstance(item, ScalarNode) and item.is_written)
    if len(names) < len(items):
        parsing.refuse(entry.location, path, f"expected names, got {describe(entry.value)}", EXAMPLE)
    return names


def arguments_of(block: Block, given: Entry, path: Path, parsing: Parsing) -> dict[str, Node] | None:
    """Return every argument's value for one use of a block; None, and a note, where one is wrong or missing.

    Args:
        block: The block.
        given: The use: its name, and what stands under it.
        path: Where it stands.
        parsing: Takes the notes.
    """
    values = {name: default for name, default in block.arguments.items() if default is not None}
    names = list(block.arguments)
    inside, wrong = (*path, block.name), False
    if isinstance(given.value, MappingNode):
        for key, entry in given.value.entries.items():
            if key not in block.arguments:
                fix = did_you_mean(key, names) or (f"There are: {', '.join(names)}." if names else "It has none.")
                what = f"block '{block.name}' has no argument '{key}'"
                parsing.refuse(entry.key_location, (*inside, key), what, fix)
                wrong = True
            values[key] = entry.value
    elif not is_null(given.value):
        if not names:
            what = f"block '{block.name}' has no arguments, got {describe(given.value)}"
            parsing.refuse(given.location, inside, what, f"Write - {block.name}.")
            return None
        values[names[0]] = given.value
    missing = [name for name in names if name not in values]
    if missing:
        what = f"block '{block.name}' needs {' and '.join(missing)}"
        fix = f"Write {block.name}: {{{', '.join(f'{name}: ...' for name in missing)}}}."
        parsing.refuse(given.key_location, inside, what, fix)
    return None if missing or wrong else values
