"""Laying one config over another: mappings merge, lists replace, null removes."""

from __future__ import annotations

from dlrun.catalog import PREPROCESSING_STEPS, RESAMPLERS, keras_entry
from dlrun.config.nodes import Entry, MappingNode, Node, ScalarNode, is_null, path_text
from dlrun.config.objects import Path
from dlrun.keras_catalog import keras_kinds

_NO_OBJECTS = {"vars", "inputs", "outputs", "sweep", "data", "fit", "evaluate"}


def merge(base: MappingNode, over: MappingNode, notes: list[str], path: Path = ()) -> MappingNode:
    """Return `base` with `over` laid over it.

    An object of another type replaces the old one whole, since the old one's arguments are not the new one's; a note
    says so.
    """
    merged = base
    for key, entry in over.entries.items():
        old = merged.get(key)
        if old is not None and is_null(entry.value) and (*path, key) != ("data", "read", "header"):
            merged = merged.without(key)
        elif isinstance(old, MappingNode) and isinstance(entry.value, MappingNode):
            merged = merged.with_entry(_laid_over(old, entry, notes, (*path, key)))
        else:
            if old is not None:
                note_replaced(old, entry.value, notes, (*path, key))
            merged = merged.with_entry(entry)
    return merged


def _laid_over(old: MappingNode, entry: Entry, notes: list[str], path: Path) -> Entry:
    assert isinstance(entry.value, MappingNode)
    if note_replaced(old, entry.value, notes, path):
        return entry
    if object_type(old, path) and object_type(entry.value, path):
        if ("type" in old.entries) != ("type" in entry.value.entries):
            return entry  # the same object in the other form: the two cannot be laid over each other
        old = _respelled(old, entry.value)
    return Entry(entry.key, entry.key_location, merge(old, entry.value, notes, path))


def _respelled(old: MappingNode, new: MappingNode) -> MappingNode:
    """Return an object with its name spelled as in `new`: `adam` and `Adam` are one."""
    names = [key for key in new.entries if key not in {"name", "inputs"}]
    if "type" in old.entries or names[0] in old.entries:
        return old
    entries = [
        e if e.key in {"name", "inputs"} else Entry(names[0], e.key_location, e.value) for e in old.entries.values()
    ]
    return MappingNode({e.key: e for e in entries}, old.location)


def note_replaced(old: Node, new: Node, notes: list[str], path: Path) -> bool:
    """Tell whether `new` is an object of another type than `old`; note which arguments go with the old one."""
    old_type, new_type = object_type(old, path), object_type(new, path)
    if old_type is None or new_type is None or old_type == new_type:
        return False
    arguments = _arguments(old)
    if arguments:
        went = ", ".join(arguments)
        notes.append(f"{path_text(path)}: {new_type} replaces {old_type}, whose arguments are dropped: {went}.")
    return True


def object_type(node: Node, path: Path) -> str | None:
    """Return the canonical name of the type that a node is an object of, as far as its name is known."""
    if not path or path[0] in _NO_OBJECTS or path == ("preprocessing", "columns"):
        return None
    if path[:-1] != ("preprocessing", "columns") and isinstance(path[-1], str) and known_type(path[-1]) is not None:
        return None  # the arguments of an object: `l1` under L1L2 is no object of its own
    if isinstance(node, ScalarNode):
        return known_type(node.value) if isinstance(node.value, str) else None
    if not isinstance(node, MappingNode):
        return None
    if "type" in node.entries:
        named = node.entries["type"].value
        return known_type(named.text) or named.text if isinstance(named, ScalarNode) else None
    keys = [key for key in node.entries if key not in {"name", "inputs"}]
    return known_type(keys[0]) if len(keys) == 1 else None


def known_type(name: str) -> str | None:
    """Return the canonical spelling of a Keras class or a preprocessing step, or None where there is no such name.

    Keras's base classes do not count: their lower-case identifiers (`optimizer`) are keys of a config.
    """
    if name in PREPROCESSING_STEPS or name in RESAMPLERS:
        return name
    entries = (keras_entry(kind, name) for kind in keras_kinds())
    return next((entry.name for entry in entries if entry is not None and not entry.refused), None)


def _arguments(node: Node) -> list[str]:
    if not isinstance(node, MappingNode):
        return []
    if "type" in node.entries:
        return [key for key in node.entries if key not in {"type", "name", "inputs"}]
    under = next((e.value for key, e in node.entries.items() if key not in {"name", "inputs"}), None)
    if isinstance(under, MappingNode):
        return list(under.entries)
    return [under.text] if isinstance(under, ScalarNode) and under.is_written else []
