"""Makes the catalog from the installed Keras: `python -m dlrun.model.make_catalog [FOLDER]`.

Without a folder it writes the package's own `keras_catalog.json`.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras

from dlrun.catalog_files import CATALOG_NAME, PACKAGE
from dlrun.docstrings import parse_docstring
from dlrun.files import write_atomically
from dlrun.model.argument_types import argument_types
from dlrun.model.objects import NAMESPACES

_NO_METRIC_OF_ITS_OWN = {"accuracy": ["acc"], "crossentropy": ["ce"]}
_FIRST_ARGUMENTS = {"losses": 2, "metrics": 2, "activations": 1}  # y_true and y_pred, or x: given by Keras


def make_catalog() -> dict[str, Any]:
    """Return the catalog: `{"keras": version, kind: {name: {is_class, aliases, parameters}}}`.

    A parameter is `[name, required, default, types]`.
    """
    return {"keras": keras.__version__, **{kind: dict(_kind_records(kind)) for kind in NAMESPACES}}


def catalog_text(catalog: dict[str, Any]) -> str:
    """Return a catalog as JSON with one name on a line, so that a change of Keras is read in a diff."""
    kinds = []
    for kind in NAMESPACES:
        lines = [f"  {json.dumps(name)}: {json.dumps(record)}" for name, record in catalog[kind].items()]
        kinds.append(f" {json.dumps(kind)}: {{\n" + ",\n".join(lines) + "\n }")
    return f'{{\n "keras": {json.dumps(catalog["keras"])},\n' + ",\n".join(kinds) + "\n}\n"


def _kind_records(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    classes, functions = _public(kind)
    aliases = _aliases(kind, classes, functions)
    if kind == "metrics":  # Keras chooses these by the loss when the model is compiled
        for name, others in _NO_METRIC_OF_ITS_OWN.items():
            yield name, _record(False, [], others, "")
    for name, target in sorted((classes | functions).items()):
        plain = _class_parameters(target) if inspect.isclass(target) else _function_parameters(target, kind)
        texts = _argument_texts(target)
        parameters = [[*p, argument_types(p[0], kind, p[1], p[2], texts.get(p[0], ""))] for p in plain]
        place = f"{target.__module__}:{target.__qualname__}"
        yield name, _record(name in classes, parameters, sorted(aliases.get(name, ())), place)


def _record(is_class: bool, parameters: list[Any], aliases: Any, place: str) -> dict[str, Any]:
    return {"is_class": is_class, "place": place, "aliases": aliases, "parameters": parameters}


def _argument_texts(target: Any) -> dict[str, str]:
    """Return what Keras says of each argument; of one that a base class takes, what it says there."""
    texts: dict[str, str] = {}
    for owner in reversed(inspect.getmro(target)[:-1] if inspect.isclass(target) else (target,)):
        if owner.__module__.startswith("keras."):
            texts |= parse_docstring(_doc(owner)).arguments
    return texts


def _doc(target: Any) -> str:
    """Return the docstring of a class or function itself, never one that it inherits."""
    return inspect.cleandoc(target.__doc__ or "")


def _public(kind: str) -> tuple[dict[str, type], dict[str, Callable[..., Any]]]:
    """Return the classes by their own names, and the functions that stand for no class."""
    module, base = NAMESPACES[kind]
    members = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    classes = {
        c.__name__ if c.__name__ in members else name: c  # GroupQueryAttention calls itself otherwise
        for name, c in members.items()
        if inspect.isclass(c) and base is not object and issubclass(c, base)
    }
    functions = {f.__name__: f for f in members.values() if inspect.isfunction(f) and f in _identified(kind).values()}
    known = {_folded(name) for name in classes} | {_folded(n) for name in classes for n in _same_class(kind, name)}
    return classes, {name: f for name, f in functions.items() if _folded(name) not in known}


def _same_class(kind: str, class_name: str) -> list[str]:
    # The function log_cosh is the class LogCosh as a loss, but LogCoshError as a metric.
    return [class_name.removesuffix("Error")] if kind == "metrics" else []


def _aliases(kind: str, classes: dict[str, type], functions: dict[str, Callable[..., Any]]) -> dict[str, set[str]]:
    """Return other spellings: Keras's public names, and the identifiers that `keras.<kind>.get` takes."""
    module = NAMESPACES[kind][0]
    spelled = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")} | _identified(kind)
    by_folded = {_folded(name): name for name in [*classes, *functions]}
    by_folded |= {_folded(other): name for name in classes for other in _same_class(kind, name)}
    aliases: dict[str, set[str]] = {}
    for spelling, target in spelled.items():
        # The function mean_squared_error, which is also called mse, stands for the class MeanSquaredError.
        owner = by_folded.get(_folded(getattr(target, "__name__", "")))
        if owner is not None and spelling not in {owner, *_NO_METRIC_OF_ITS_OWN}:
            aliases.setdefault(owner, set()).add(spelling)
    if kind == "layers":
        aliases["InputLayer"] = {"Input"}
    return aliases


def _identified(kind: str) -> dict[str, Any]:
    """Return what `keras.<kind>.get` accepts; Keras publishes no list of it, so this is the table behind."""
    if kind in {"layers", "schedules", "callbacks"}:  # these have no `get`
        return {}
    return dict(importlib.import_module(f"keras.src.{kind}").ALL_OBJECTS_DICT)


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _function_parameters(function: Callable[..., Any], kind: str) -> list[tuple[str, bool, Any]]:
    return _own_parameters(function)[0][_FIRST_ARGUMENTS.get(kind, 0) :]


def _class_parameters(cls: type) -> list[tuple[str, bool, Any]]:
    """Return the parameters of a class; where it hands `**kwargs` on, those of its base class too."""
    definer = next(c for c in cls.__mro__ if "__init__" in vars(c))
    if definer is object:
        return []
    own, has_kwargs = _own_parameters(vars(definer)["__init__"], skip=1)
    given = _given_to_base(definer) if has_kwargs else None
    if given is None:
        return own
    base = definer.__mro__[1]
    positional, keywords = given
    inherited = _class_parameters(base)[positional:]
    taken = {name for name, _, _ in own} | keywords
    if not getattr(cls, "_USE_BASE_FACTOR", True):  # an image layer that refuses what its base class takes
        taken.add("factor")
    return own + [parameter for parameter in inherited if parameter[0] not in taken]


def _own_parameters(function: Callable[..., Any], skip: int = 0) -> tuple[list[tuple[str, bool, Any]], bool]:
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    named = [p for p in parameters if p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}]
    has_kwargs = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return [(p.name, p.default is p.empty, _json_value(p.default)) for p in named], has_kwargs


def _json_value(default: Any) -> Any:
    if isinstance(default, tuple):
        return [_json_value(item) for item in default]
    return default if isinstance(default, (str, int, float, bool, list)) and default == default else None


def _given_to_base(cls: type) -> tuple[int, set[str]] | None:
    """Read `super().__init__(a, b=c, **kwargs)`: how many positional arguments, and which keywords.

    Returns None where `**kwargs` is not handed on: then the base class's keywords cannot be given.
    """
    initializer = vars(cls)["__init__"]
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(initializer)))):
        if isinstance(node, ast.Call) and re.fullmatch(r"super\(.*\)\.__init__", ast.unparse(node.func)):
            keywords = {keyword.arg for keyword in node.keywords}
            return (len(node.args), {k for k in keywords if k}) if None in keywords else None
    return None


def main(folder: Path) -> None:
    """Write the catalog into `folder`, whole or not at all."""
    write_atomically(folder / CATALOG_NAME, catalog_text(make_catalog()).encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE)
