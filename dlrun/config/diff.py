"""Two configs key by key: what was changed, added and taken out, with what each key is good for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from dlrun.config.config import Config
from dlrun.config.dump import plain_values
from dlrun.config.flat import default_of, flat
from dlrun.config.schema import section_classes
from dlrun.keras_catalog import keras_entry, keras_kinds

_LAYERS = "layers"
_BEFORE = ("name", "seed", "vars", "data", "preprocessing")


@dataclass(frozen=True)
class Change:
    """One difference.

    Args:
        key: Where, as on the command line; a layer's number is the second config's, or the first's if it was removed.
        kind: Whether the second config changed it, added it, or lacks it.
        before: The first config's value, or its default; None where it has none.
        after: The second config's, likewise.
        about: What the key is good for; empty where nothing is known.
    """

    key: str
    kind: Literal["changed", "added", "removed"]
    before: Any
    after: Any
    about: str = ""


def diff_configs(first: Config, second: Config) -> list[Change]:
    """Return what differs, in the order of the second config; layers are aligned, so an inserted one is one change."""
    a, b = plain_values(first), plain_values(second)
    layers = list(_layer_changes(a.pop(_LAYERS, []), b.pop(_LAYERS, [])))
    changes = list(_changes(flat(a), flat(b)))
    network = [change for change in changes if change.key.split(".")[0] in ("inputs", "outputs")]
    before = [change for change in changes if change.key.split(".")[0] in _BEFORE]
    return [*before, *network, *layers, *(c for c in changes if c not in before and c not in network)]


def _changes(a: Mapping[str, Any], b: Mapping[str, Any], prefix: str = "") -> Iterator[Change]:
    for key in dict.fromkeys([*b, *a]):
        before = a[key] if key in a else default_of(key)
        after = b[key] if key in b else default_of(key)
        if before != after or ((key in a) != (key in b) and before is None and after is None):
            there = (key in a or before is not None, key in b or after is not None)
            kind: Any = {(True, True): "changed", (False, True): "added", (True, False): "removed"}[there]
            yield Change(f"{prefix}{key}", kind, before, after, about(f"{prefix}{key}"))


def _layer_changes(a: list[Any], b: list[Any]) -> Iterator[Change]:
    matcher = SequenceMatcher(None, [repr(layer) for layer in a], [repr(layer) for layer in b], autojunk=False)
    for operation, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if operation == "equal":
            continue
        olds, news = a[a_from:a_to], b[b_from:b_to]
        pairs = min(len(olds), len(news))
        for place in range(pairs):
            yield from _one_layer(olds[place], news[place], b_from + place)
        for place, layer in enumerate(news[pairs:], b_from + pairs):
            yield Change(f"{_LAYERS}.{place}", "added", None, layer, about(f"{_LAYERS}.{place}.{type_of(layer)}"))
        for place, layer in enumerate(olds[pairs:], a_from + pairs):
            yield Change(f"{_LAYERS}.{place}", "removed", layer, None, about(f"{_LAYERS}.{place}.{type_of(layer)}"))


def _one_layer(old: Any, new: Any, place: int) -> Iterator[Change]:
    key = f"{_LAYERS}.{place}"
    if type_of(old) == type_of(new) and isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _changes(flat(dict(old)), flat(dict(new)), f"{key}.")
    else:
        yield Change(key, "changed", old, new, about(f"{key}.{type_of(new)}"))


def type_of(item: Any) -> str:
    """Return the type of an object as it is written: `Dense` of `{Dense: {units: 8}}`."""
    return str(next(iter(item), "")) if isinstance(item, Mapping) else str(item)


def about(key: str) -> str:
    """Return what a key is good for: the schema's words, or the first line of what Keras says of it."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        section = section_classes().get(tuple(parts[: length - 1]))
        field = section.model_fields.get(parts[length - 1]) if section is not None else None
        if field is not None and length == len(parts):
            return field.description or ""
        if field is not None:
            break
    entries = (keras_entry(kind, part) for part in reversed(parts) if part[:1].isupper() for kind in keras_kinds())
    entry = next((entry for entry in entries if entry is not None), None)
    if entry is None:
        return ""
    doc = entry.doc()
    return (doc.arguments.get(parts[-1]) or doc.summary).partition("\n")[0]
