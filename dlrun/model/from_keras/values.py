"""The arguments of an object in a Keras model's description, as a config says them: defaults left out, names short."""

from __future__ import annotations

import struct
from typing import Any

from dlrun.catalog import keras_entry
from dlrun.keras_catalog import KerasEntry, keras_kinds, kinds_of

NEVER = {"name", "batch_shape", "batch_input_shape", "quantization_config", "registered_name", "build_config"}
_ONE_NUMBER = {"kernel_size", "strides", "pool_size", "dilation_rate", "size", "padding", "cropping"}
_MISSING = object()


def object_of(described: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the name and the arguments of a described object."""
    name = str(described.get("class_name", ""))
    if name == "function":
        return str(described.get("registered_name") or described.get("config")).rpartition(">")[2], {}
    registered = str(described.get("registered_name") or "")
    if ">" in registered:
        name = registered.rpartition(">")[2]
    config = described.get("config")
    return name, config if isinstance(config, dict) else {}


def arguments_of(name: str, kind: str, config: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return an object's arguments as a config says them, and those that cannot be said.

    Args:
        name: The object's name.
        kind: A kind of the catalog: "layers", "optimizers", ....
        config: What its `get_config` gave.
    """
    entry = keras_entry(kind, name)
    found: dict[str, Any] = {}
    left_out: list[str] = []
    for key, value in config.items():
        if key in NEVER or (key == "trainable" and value is True) or (key == "dtype" and _is_default_dtype(value)):
            continue
        known = _default(entry, key)
        if entry is not None and known is _MISSING:
            left_out += [key] if value not in (None, False) and key not in {"seed", "implementation"} else []
            continue
        said = said_value(value, key, name)
        if known is _MISSING or not _same(said, known, key, value):
            found[key] = said
    return _shortened(name, found), left_out


def _default(entry: KerasEntry | None, key: str) -> Any:
    """Return an argument's default; _MISSING where it has none, or is not known."""
    parameter = next((p for p in entry.parameters if p.name == key), None) if entry is not None else None
    return _MISSING if parameter is None else (_Required if parameter.required else parameter.default)


class _Required:
    """In place of a default, where an argument has to be given."""


def _is_default_dtype(value: Any) -> bool:
    if isinstance(value, dict):
        value = (value.get("config") or {}).get("name")
    return value in (None, "float32")


def said_value(value: Any, key: str, owner: str) -> Any:
    """Return a value as a config says it."""
    if isinstance(value, list):
        items = [said_value(item, key, owner) for item in value]
        is_square = len(items) > 1 and all(item == items[0] and not isinstance(item, list) for item in items)
        if key in _ONE_NUMBER and is_square and not owner.endswith("Lookup"):
            return items[0]
        return items
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return (value.get("config") or {}).get("name")
    if value.get("class_name") in {"__tuple__", "__tensor__", "__numpy__"}:
        return said_value(value.get("items", (value.get("config") or {}).get("value")), key, owner)
    if "class_name" in value:
        return _said_object(value, key)
    return {name: said_value(item, name, owner) for name, item in value.items()}


def _said_object(value: dict[str, Any], key: str) -> Any:
    name, config = object_of(value)
    kinds = kinds_of(key) or tuple(keras_kinds())
    entry = next((e for kind in kinds if (e := keras_entry(kind, name)) is not None), None)
    kind = entry.kind if entry is not None else (kinds[0] if kinds else "layers")
    args = arguments_of(name, kind, config)[0]
    if args or kind == "layers":
        return {name: args or None}
    if entry is None:
        return name
    aliases = [alias for alias in entry.aliases if alias.islower()]
    return max(aliases, key=len) if aliases and kind != "activations" else entry.name


def _same(said: Any, default: Any, key: str, value: Any) -> bool:
    """Tell whether a value is the argument's default."""
    if default is _Required:
        return False
    if said == default and isinstance(said, bool) == isinstance(default, bool):
        return True
    if isinstance(default, list) and said_value(default, key, "") == said:
        return True
    if isinstance(said, str) and isinstance(default, str):
        names = {_class(kind, said) for kind in kinds_of(key)} & {_class(kind, default) for kind in kinds_of(key)}
        return bool(names - {""})
    return default is None and (key, said) in [("data_format", "channels_last"), ("activation", "linear")]


def _class(kind: str, name: str) -> str:
    entry = keras_entry(kind, name)
    return entry.name if entry is not None else ""


def default_of(kind: str, name: str, argument: str) -> Any:
    """Return an argument's default as a config says it.

    Raises:
        KeyError: If it has none, or is not known.
    """
    found = _default(keras_entry(kind, name), argument)
    if found is _MISSING or found is _Required:
        raise KeyError(argument)
    return said_value(found, argument, name)


def _shortened(name: str, args: dict[str, Any]) -> dict[str, Any]:
    """Leave out what follows from the rest: a pooling layer's strides, that are its size unless given."""
    if "Pooling" in name and args.get("strides") == args.get("pool_size", 2):
        args = {key: value for key, value in args.items() if key != "strides"}
    return args


def rounded(value: Any) -> Any:
    """Return a number that went through 32 bits as it was written: 0.009999999776482582 as 0.01."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if not isinstance(value, float):
        return value
    short = float(f"{value:.7g}")
    try:
        return short if struct.pack("f", short) == struct.pack("f", value) else value
    except OverflowError:
        return value
