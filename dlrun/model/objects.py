"""From a spec in the config to a Keras object, with all the objects inside it."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras

from dlrun.catalog import keras_entry, keras_names
from dlrun.config.graph_layers import INSIDE_KERAS, MODEL, is_application
from dlrun.config.layer_names import snake_case
from dlrun.config.objects import ObjectSpec, Path
from dlrun.config.parse_objects import POSITIONAL
from dlrun.errors import ConfigError, DlrunError, Location, Problem, did_you_mean
from dlrun.keras_catalog import keras_kinds, kinds_of
from dlrun.model.explain import explain, place_in

if TYPE_CHECKING:
    from dlrun.config import Config

# Keras's namespace of each kind, and what every class in it derives from.
NAMESPACES: dict[str, tuple[Any, type]] = {
    "layers": (keras.layers, keras.layers.Layer),
    "optimizers": (keras.optimizers, keras.optimizers.Optimizer),
    "schedules": (keras.optimizers.schedules, keras.optimizers.schedules.LearningRateSchedule),
    "losses": (keras.losses, keras.losses.Loss),
    "metrics": (keras.metrics, keras.metrics.Metric),
    "callbacks": (keras.callbacks, keras.callbacks.Callback),
    "initializers": (keras.initializers, keras.initializers.Initializer),
    "regularizers": (keras.regularizers, keras.regularizers.Regularizer),
    "constraints": (keras.constraints, keras.constraints.Constraint),
    "activations": (keras.activations, object),
}
_FUNCTIONS = {"losses", "metrics", "activations", "initializers", "regularizers", "constraints"}


def build_object(spec: ObjectSpec, kind: str, config: Config, **given: Any) -> Any:
    """Build a Keras object, and everything nested in its arguments.

    Args:
        spec: What the config says of it.
        kind: A key of NAMESPACES.
        config: Where the spec comes from; it knows the line for an error.
        given: Arguments that dlrun itself gives, such as a layer's name.

    Returns:
        The object; for a function (an activation, or one of the user's own) the function itself; for a name that
        Keras resolves when the model is compiled (`accuracy`) that name.

    Raises:
        ConfigError: If there is no such name, or Keras refuses the arguments.
    """
    return _build(spec, (kind,), config, given)


def find_object(name: str, kind: str) -> Any | None:
    """Return the class or function called `name` in Keras or in the user's own code, or None."""
    module, base = NAMESPACES[kind]
    entry = keras_entry(kind, name)
    if entry is not None and not entry.is_class and kind == "metrics":
        return name
    found = getattr(module, entry.name if entry else name, None)
    if inspect.isclass(found) and issubclass(found, base):
        return found
    if entry is not None and callable(found):
        return found
    if kind == "layers" and name in INSIDE_KERAS:
        return getattr(importlib.import_module(INSIDE_KERAS[name]), name)
    return _users_object(name, kind)


def _users_object(name: str, kind: str) -> Any | None:
    base = NAMESPACES[kind][1]
    for key, target in keras.saving.get_custom_objects().items():
        if name not in {key, key.rpartition(">")[2], getattr(target, "__name__", "")}:
            continue
        if inspect.isclass(target) and issubclass(target, base) and kind != "activations":
            return target
        if kind in _FUNCTIONS and callable(target) and not inspect.isclass(target):
            return target
    return None


def _build(spec: ObjectSpec, kinds: tuple[str, ...], config: Config, given: dict[str, Any]) -> Any:
    if "layers" in kinds and (spec.type == MODEL or is_application(spec.type)):
        return _build_network(spec, config)
    for kind in kinds:
        target = find_object(spec.type, kind)
        if target is not None:
            break
    else:
        names = [name for kind in kinds for name in keras_names(kind)]
        what = f"unknown {' or '.join(kind.removesuffix('s') for kind in kinds[:2])} '{spec.type}'"
        raise ConfigError(config.problem(spec.path, what, did_you_mean(spec.type, names)))
    args = {name: _value(value, name, spec.path_of(name), config) for name, value in spec.args.items()}
    if not inspect.isclass(target):
        return _function(spec, target, args, config)
    positional = [args.pop(POSITIONAL)] if POSITIONAL in args else []
    try:
        return _make(target, positional, {**args, **given})
    except DlrunError:
        raise
    except Exception as error:  # Keras raises whatever a wrong value leads to
        raise ConfigError(construction_problem(spec, error, config)) from error


def _build_network(spec: ObjectSpec, config: Config) -> Any:
    """Build a network that is the argument of a layer, as in TimeDistributed."""
    from dlrun.model.applications import build_application  # these two build objects in their turn
    from dlrun.model.nested import standing_model
    from dlrun.model.settings import BuildSettings

    name = str(spec.args.get("name") or snake_case(spec.type))
    if spec.type == MODEL:
        return standing_model(spec, config, name)
    shape = spec.args.get("input_shape")
    return build_application(name, spec, tuple(shape) if shape is not None else None, BuildSettings(config))


def _make(target: Any, positional: list[Any], arguments: dict[str, Any]) -> Any:
    parameters = inspect.signature(target).parameters.values()
    named = any(parameter.name == "name" or parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    if named or "name" not in arguments or not issubclass(target, keras.layers.Layer):
        return target(*positional, **arguments)
    name = arguments.pop("name")  # a layer of the user's whose __init__ takes no name
    layer = target(*positional, **arguments)
    layer.name = name
    return layer


def _value(value: Any, argument: str, path: Path, config: Config) -> Any:
    """Return an argument's value with the objects in it built."""
    if isinstance(value, ObjectSpec):
        kinds = kinds_of(argument) or tuple(keras_kinds())
        return _build(value, kinds, config, _nested_name(value, kinds))
    if argument == "fn" and isinstance(value, str):
        return _named_function(value, path, config)
    if isinstance(value, list | tuple):
        items = [_value(item, argument, (*path, n), config) for n, item in enumerate(value)]
        return _AS_KERAS_TAKES_IT.get(argument, list)(items)
    if isinstance(value, dict):
        return {key: _value(item, argument, (*path, key), config) for key, item in value.items()}
    return value


def _arrays(items: list[Any]) -> Any:
    """Return weights as arrays: one matrix, or a list of arrays."""
    import numpy as np

    is_matrix = bool(items) and isinstance(items[0], list) and not isinstance(items[0][0], list)
    return np.asarray(items, "float32") if is_matrix else [np.asarray(item, "float32") for item in items]


_AS_KERAS_TAKES_IT: dict[str, Callable[[list[Any]], Any]] = {"ngrams": tuple, "weights": _arrays}


def _named_function(name: str, path: Path, config: Config) -> Any:
    """Return the function of Keras's, or of the user's, that `MeanMetricWrapper: {fn: ...}` names."""
    for kind in ("metrics", "losses"):
        public = getattr(NAMESPACES[kind][0], name, None) if keras_entry(kind, name) is not None else None
        found = public if inspect.isfunction(public) else _users_object(name, kind)
        if inspect.isfunction(found):
            return found
    raise ConfigError(config.problem(path, f"no function of Keras's, or of your own, is called '{name}'"))


def _nested_name(spec: ObjectSpec, kinds: tuple[str, ...]) -> dict[str, str]:
    """Name a layer inside a layer, since Keras's automatic names count over the life of the process."""
    entry = keras_entry("layers", spec.type)
    if "layers" not in kinds or entry is None or "name" not in entry.parameter_names or "name" in spec.args:
        return {}
    last = spec.path[-1] if spec.path else 0
    return {"name": snake_case(entry.name) + (f"_{last}" if isinstance(last, int) and last else "")}


def _function(spec: ObjectSpec, function: Any, args: dict[str, Any], config: Config) -> Any:
    """Return a function as it is; Keras can save no other, so with arguments an activation becomes its layer."""
    if not args:
        return function
    layers = [name for name in keras_names("layers") if name.lower() == spec.type.replace("_", "").lower()]
    if not layers:
        fix = f"Write `{spec.type}` alone, or a class of your own in a file under `code`."
        raise ConfigError(config.problem(spec.path, f"the function {spec.type} takes no arguments in a config", fix))
    same = ObjectSpec(layers[0], spec.args, spec.path, spec.args_path)
    return _build(same, ("layers",), config, _nested_name(same, ("layers",)))


def construction_problem(spec: ObjectSpec, error: Exception, config: Config) -> Problem:
    """Return the problem that Keras's refusal to make an object tells, at the argument that it names, if any."""
    message = explain(error)
    own = place_in(config.code, error)
    if own is not None:
        return Problem(message, where=spec.type, location=Location(*own))
    named = [name for name in spec.args if name and re.search(rf"\b{re.escape(name)}\b", message)]
    path = spec.path_of(named[0]) if named else spec.path
    missing = re.search(r"missing \d+ required .*?: (.*)", message)
    if missing:
        message = f"needs {missing[1].replace(chr(39), '')}"
    return config.problem(path, message if spec.type in message else f"{spec.type}: {message}")
