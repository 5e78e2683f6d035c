"""The schema's complaints in our words: where, what, how to mend it."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ValidationError

from dlrun.config.nodes import MappingNode, Node, ScalarNode, describe, find, key_location, locate, path_text
from dlrun.config.objects import Path
from dlrun.config.parsing import Parsing
from dlrun.config.schema import InputConfig, section_classes
from dlrun.errors import did_you_mean, nearest

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}
_WORD = re.compile("'([^']*)'")
_FIXES: dict[Path, str] = {
    ("fit", "epochs"): "Say how often all rows are seen: epochs: 50.",
    ("data", "source"): "Name the file: source: data.csv.",
    ("compile", "loss"): "Name the loss: loss: mse, binary_crossentropy, sparse_categorical_crossentropy, ....",
    ("layers",): "List the network's layers: layers: [{Dense: 1}].",
    ("preprocessing", "window", "length"): "Say how many rows make an example: length: 12.",
}


def explain_errors(error: ValidationError, root: MappingNode, parsing: Parsing) -> None:
    """Note every complaint of the schema as a problem of the config."""
    by_path: dict[Path, list[dict[str, Any]]] = {}
    for item in error.errors(include_url=False, include_context=True):
        by_path.setdefault(_path_of(item, root), []).append(dict(item))
    for path, items in by_path.items():
        if parsing.full:
            return
        if not any(path[: len(bad)] == bad or bad[: len(path)] == path for bad in parsing.bad_paths):
            _explain(path, items, root, parsing)


def _path_of(item: Any, root: MappingNode) -> Path:
    """Return where the complaint points in the tree; pydantic appends the types that it tried to a place."""
    loc: Path = tuple(item["loc"])
    if item["type"] in {"missing", "extra_forbidden"}:
        return loc
    return find(root, loc)[1]


def _explain(path: Path, items: list[dict[str, Any]], root: MappingNode, parsing: Parsing) -> None:
    kind = items[0]["type"]
    if kind == "extra_forbidden":
        location = key_location(root, path)
        parsing.refuse(location, path, "unknown key", _fix_unknown(path))
    elif kind == "missing":
        place = key_location(root, path[:-1]) if len(path) > 1 else root.location
        parsing.refuse(place, path, f"'{path[-1]}' is missing", _FIXES.get(path, ""))
    else:
        node, _ = find(root, path)
        options = list(dict.fromkeys(_expected(item) for item in items))
        if all(options):
            what = f"expected {' or '.join(options)}, got {describe(node) if node else 'nothing'}"
        else:
            what = "; ".join(dict.fromkeys(_wording(item, node) for item in items))
        parsing.refuse(locate(root, path)[0], path, what, _nearest_word(items, node))


def _nearest_word(items: list[dict[str, Any]], node: Node | None) -> str:
    """Return which of the words that may stand there is meant, if one is alike."""
    words = [word for item in items if item["type"] == "literal_error" for word in _WORD.findall(_expected(item))]
    best = nearest(node.text, words) if isinstance(node, ScalarNode) else None
    return f"Did you mean '{best}'?" if best is not None else ""


def _expected(item: dict[str, Any]) -> str:
    """Return what would have been right, in words; nothing where the complaint is of another kind."""
    if item["type"] == "literal_error":
        return str(item["ctx"]["expected"])
    return _EXPECTED.get(item["type"], "")


def _wording(item: dict[str, Any], node: Node | None) -> str:
    kind, context = item["type"], item.get("ctx", {})
    got = describe(node) if node is not None else repr(item["input"])
    if _expected(item):
        return f"expected {_expected(item)}, got {got}"
    limits = {
        "greater_than_equal": "from {ge}",
        "greater_than": "above {gt}",
        "less_than": "below {lt}",
        "less_than_equal": "up to {le}",
    }
    if kind in limits:
        limit = limits[kind].format(**{name: _short(value) for name, value in context.items()})
        return f"expected a number {limit}, got {got}"
    if kind == "string_pattern_mismatch":
        return f"expected up to 64 letters, digits and . _ -, beginning with a letter or digit, got {got}"
    if kind == "value_error":
        return f"{context['error']}, got {got}"
    return f"{str(item['msg'])[:1].lower()}{str(item['msg'])[1:]}, got {got}"


def _short(limit: float) -> str:
    return str(int(limit) if limit == int(limit) else limit)


def _fix_unknown(path: Path) -> str:
    """Return the nearest key, or the section in which a key of this name stands."""
    key = str(path[-1])
    classes = section_classes()
    here = InputConfig if path[0] == "inputs" else classes.get(path[:-1])
    elsewhere = [place for place, cls in classes.items() if key in cls.model_fields and place != path[:-1]]
    if elsewhere:  # a key that is right somewhere else is hardly misspelled
        place = path_text(elsewhere[0])
        return f"It belongs under {place}." if place else "It belongs at the top, not indented."
    if here is None:
        return ""
    return did_you_mean(key, here.model_fields) or _all_keys(here)


def _all_keys(section: type[BaseModel]) -> str:
    return f"There are: {', '.join(section.model_fields)}."
