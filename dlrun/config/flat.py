"""A config as a list of settings: `fit.epochs`, `layers.0.Dense.units`, in the words of the command line's changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dlrun.config.config import Config
from dlrun.config.dump import plain_value, plain_values
from dlrun.config.schema import section_classes

Flat = dict[str, Any]
# Their items are objects, so each is told by its place, also where all of them are bare names.
_LISTS_OF_OBJECTS = {"layers", "callbacks", "metrics", "weighted_metrics", "prepare"}


def flat_config(config: Config) -> Flat:
    """Return what is set in a config, key by key; texts, numbers, and lists of them are values."""
    return flat(plain_values(config))


def flat(values: Any) -> Flat:
    """Return nested mappings and lists as one mapping of keys with dots; a key that holds a dot stands in quotes."""
    return dict(_flatten(values, "", ""))


def default_of(key: str) -> Any:
    """Return the default of a setting of dlrun's own sections, None where it has none."""
    *path, name = key.split(".")
    section = section_classes().get(tuple(path))
    field = section.model_fields.get(name) if section is not None else None
    if field is None or field.is_required():
        return None
    return plain_value(field.get_default(call_default_factory=True))


def _flatten(value: Any, key: str, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for inner, item in value.items():
            written = f'"{inner}"' if "." in str(inner) else str(inner)
            yield from _flatten(item, f"{key}.{written}" if key else written, str(inner))
    elif isinstance(value, list) and (name in _LISTS_OF_OBJECTS or any(isinstance(item, Mapping) for item in value)):
        for place, item in enumerate(value):
            yield from _flatten(item, f"{key}.{place}", "")
    else:
        yield key, value if value != {} else None
