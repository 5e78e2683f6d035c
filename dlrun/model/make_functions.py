"""Makes `keras_functions.json` from the installed Keras: `python -m dlrun.model.make_functions`."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import keras

from dlrun.keras_functions import FUNCTIONS_FILE, OPS

# These take Python functions, or make tensors of nothing.
_LEFT_OUT = {
    "arange", "array", "associative_scan", "cond", "custom_gradient", "empty", "eye", "fori_loop", "full", "identity",
    "kaiser", "linspace", "logspace", "map", "ones", "scan", "switch", "tri", "vectorize", "vectorized_map",
    "while_loop", "zeros",
}  # fmt: skip
_OTHER_NAMES = {"BatchNorm": "batch_normalization", "LayerNorm": "layer_normalization", "RMSNorm": "rms_normalization"}
# dlrun gives the tensor, and reads local files only; `freeze` and `trainable` are its own.
_GIVEN = {"input_tensor", "name"}
_OWN = [["freeze", False, None], ["trainable", False, True]]


def make_functions() -> dict[str, Any]:
    """Return `{"keras": version, "applications": {name: record}, "ops": {name: record}}`."""
    return {"keras": keras.__version__, "applications": dict(_applications()), "ops": dict(_operations())}


def functions_text(functions: dict[str, Any]) -> str:
    """Return them as JSON with one name on a line."""
    parts = []
    for kind in ("applications", "ops"):
        lines = [f"  {json.dumps(name)}: {json.dumps(record)}" for name, record in functions[kind].items()]
        parts.append(f" {json.dumps(kind)}: {{\n" + ",\n".join(lines) + "\n }")
    return f'{{\n "keras": {json.dumps(functions["keras"])},\n' + ",\n".join(parts) + "\n}\n"


def _applications() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in sorted(dir(keras.applications)):
        function = getattr(keras.applications, name)
        if not inspect.isfunction(function):
            continue
        parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in _GIVEN]
        written = [[p.name, p.name == "weights", _json_value(p.default)] for p in parameters]
        yield name, _record(written + _OWN, function, [], "")


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    classes = dict(_operation_classes())
    for prefix, module in (("", keras.ops), ("image.", keras.ops.image)):
        for name in sorted(dir(module)):
            function = getattr(module, name)
            operation = classes.get(_folded(name))
            if not inspect.isfunction(function) or operation is None or name in _LEFT_OUT:
                continue
            parameters = list(inspect.signature(function).parameters.values())
            kept = [p for p in parameters if p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}]
            tensors = [n for n in inspect.signature(operation.call).parameters if n not in {"self", "kwargs"}]
            written = [[p.name, p.default is p.empty, _json_value(p.default)] for p in kept]
            yield f"{OPS}{prefix}{name}", _record(written, function, tensors, operation.__name__)


def _operation_classes() -> Iterator[tuple[str, Any]]:
    """Yield the class behind each function; a saved model names the class, and Keras publishes no list of both."""
    operation = keras.Operation
    package = importlib.import_module("keras.src.ops")
    for found in pkgutil.iter_modules(package.__path__, "keras.src.ops."):
        if found.name.endswith("_test"):
            continue
        for name, value in vars(importlib.import_module(found.name)).items():
            if inspect.isclass(value) and issubclass(value, operation) and value.__module__ == found.name:
                yield _folded(_OTHER_NAMES.get(name, name)), value


def _record(parameters: list[Any], function: Callable[..., Any], tensors: list[str], operation: str) -> dict[str, Any]:
    doc = (inspect.getdoc(function) or "").partition("\n")[0]
    return {"doc": doc, "tensors": tensors, "operation": operation, "parameters": parameters}


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _json_value(default: Any) -> Any:
    if isinstance(default, tuple):
        return [_json_value(item) for item in default]
    return default if isinstance(default, (str, int, float, bool, list)) and default == default else None


if __name__ == "__main__":
    FUNCTIONS_FILE.write_text(functions_text(make_functions()), encoding="utf-8")
