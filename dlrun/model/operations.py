"""`ops.mean` and the like: functions of `keras.ops` between layers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras

from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError
from dlrun.keras_functions import OPS, operations

if TYPE_CHECKING:
    from dlrun.config import Config

_PART = re.compile(r"(-?\d+)?(?:(:)(-?\d+)?(?::(-?\d+)?)?)?")


def operation(spec: ObjectSpec, config: Config) -> Callable[..., Any]:
    """Return a function of tensors that calls a function of `keras.ops` with the config's further arguments.

    Tensors take the parameters for tensors that the config leaves free, in Keras's order; a parameter that takes
    several, such as that of `ops.concatenate`, takes all of them.

    Raises:
        ConfigError: If the installed Keras has no such function.
    """
    target: Any = keras.ops
    for part in spec.type.removeprefix(OPS).split("."):
        target = getattr(target, part, None)
    known = operations().get(spec.type)
    if known is None or not callable(target):
        raise ConfigError(config.problem(spec.path, f"this Keras has no function {spec.type}"))
    constants = {name: _constant(value) for name, value in spec.args.items()}
    if "key" in constants and spec.type == "ops.get_item":
        constants["key"] = _key(spec, config)
    free = [name for name in known.tensors if name not in constants]
    spreads = any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(target).parameters.values())

    def call(*tensors: Any, **named: Any) -> Any:
        if spreads:
            return target(*constants.values(), *tensors, **named)
        if tensors and len(free) == 1 and (len(tensors) > 1 or free == ["xs"]):
            return target(**{free[0]: list(tensors)}, **constants, **named)
        left = [name for name in free if name not in named]
        if len(tensors) > len(left):
            raise ValueError(f"{spec.type} takes {len(left)} tensor{'s' if len(left) != 1 else ''}, got {len(tensors)}")
        return target(**dict(zip(left, tensors, strict=False)), **constants, **named)

    return call


def _constant(value: Any) -> Any:
    """Return a list as the tuple that axes and shapes are."""
    return tuple(_constant(item) for item in value) if isinstance(value, list) else value


def _key(spec: ObjectSpec, config: Config) -> Any:
    """Return the index that `":, 0, 1:"` means; `...` and `None` are what they are in NumPy."""
    parts = [part.strip() for part in str(spec.args["key"]).split(",")]
    found = [_part(part) for part in parts]
    if any(part is _NO_PART for part in found):
        what = f"'{spec.args['key']}' is no index"
        fix = 'Write it as in NumPy, in quotes: ":, 0" or "..., 1:3".'
        raise ConfigError(config.problem(spec.path_of("key"), what, fix))
    return found[0] if len(found) == 1 else tuple(found)


_NO_PART = object()


def _part(text: str) -> Any:
    if text in ("...", "None"):
        return ... if text == "..." else None
    match = _PART.fullmatch(text)
    if match is None or not text:
        return _NO_PART
    numbers = [None if part is None else int(part) for part in (match[1], match[3], match[4])]
    return slice(*numbers) if match[2] else numbers[0]
