"""Objects of a config as calls of Keras: `layers.Dense(8, activation="relu")`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.catalog import keras_entry
from dlrun.config.objects import ObjectSpec
from dlrun.export.source import Code, Unwritable, literal
from dlrun.keras_catalog import keras_kinds, keras_names, kinds_of

_NAMESPACES = {"layers": "layers", "schedules": "keras.optimizers.schedules"}


def object_of(spec: ObjectSpec, kind: str, problems: Unwritable, **given: Any) -> Code:
    """Return the call that makes what `spec` says; `given` are further arguments."""
    return keras_object(kind, spec.type, {**spec.args, **given}, problems)


def keras_object(kind: str, name: str, args: Mapping[str, Any], problems: Unwritable) -> Code:
    """Return the call that makes a Keras object.

    Leading arguments that Keras requires stand without their names. The order is the config's: layers and
    initializers draw their seeds when they are made, so it decides the initial weights.

    Args:
        kind: "layers", "optimizers", ....
        name: The class's name, or another spelling that Keras accepts.
        args: Its arguments.
        problems: Takes what cannot be written.
    """
    entry = keras_entry(kind, name)
    if entry is None:
        return problems.add(kind, f"'{name}' is code of your own, and not Keras's")
    if not entry.is_class:
        as_layer = next((n for n in keras_names("layers") if n.lower() == name.replace("_", "").lower()), None)
        return literal(name) if not args or as_layer is None else keras_object("layers", as_layer, args, problems)
    positional: list[str] = []
    named: list[str] = []
    for place, (argument, value) in enumerate(args.items()):
        written = _value(value, argument, problems)
        parameter = entry.parameters[place] if place < len(entry.parameters) else None
        if parameter is not None and parameter.name == argument and parameter.required and not named:
            positional.append(written)
        else:
            named.append(f"{_argument(argument, problems)}={written}")
    return Code(f"{_NAMESPACES.get(kind, f'keras.{kind}')}.{entry.name}({', '.join([*positional, *named])})")


def _argument(name: str, problems: Unwritable) -> str:
    if not name.isidentifier():
        problems.add("layers", f"{name!r} is no argument")
    return name


def _value(value: Any, argument: str, problems: Unwritable) -> Code:
    if isinstance(value, ObjectSpec):
        kinds = kinds_of(argument) or tuple(keras_kinds())
        kind = next((kind for kind in kinds if keras_entry(kind, value.type) is not None), kinds[0])
        return object_of(value, kind, problems)
    if isinstance(value, list | tuple):
        items = [_value(item, argument, problems) for item in value]
        if isinstance(value, list) and all(not isinstance(item, ObjectSpec | dict | list) for item in value):
            return literal(tuple(items))  # shapes and sizes; Keras takes both
        return Code(f"[{', '.join(items)}]")
    if isinstance(value, Mapping):
        return Code("{" + ", ".join(f"{literal(k)}: {_value(v, argument, problems)}" for k, v in value.items()) + "}")
    return literal(value)
