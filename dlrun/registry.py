"""Names to things that are imported only when they are asked for."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from dlrun.errors import ConfigError, Problem, did_you_mean

T = TypeVar("T")


class Registry(Mapping[str, Any]):
    """A table of names; a value is imported at its first use.

    Args:
        kind: What the names are, in words: "preprocessing step".
        targets: Name to `module:attribute`.
    """

    def __init__(self, kind: str, targets: Mapping[str, str]) -> None:
        self.kind = kind
        self._targets: dict[str, str] = dict(targets)
        self._objects: dict[str, Any] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that adds a class or function under `name`; a user's code extends dlrun so."""

        def add(target: T) -> T:
            self._objects[name] = target
            return target

        return add

    def __getitem__(self, name: str) -> Any:
        """Return the object called `name`, importing it if need be.

        Raises:
            ConfigError: If there is no such name; it says which one is nearest.
        """
        if name not in self._objects:
            if name not in self._targets:
                raise ConfigError(Problem(f"unknown {self.kind} '{name}'", did_you_mean(name, self)))
            module, _, attribute = self._targets[name].partition(":")
            self._objects[name] = getattr(importlib.import_module(module), attribute)
        return self._objects[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._targets, **self._objects})

    def __len__(self) -> int:
        return len({**self._targets, **self._objects})

    def __contains__(self, name: object) -> bool:
        return name in self._targets or name in self._objects

    @property
    def built_in(self) -> tuple[str, ...]:
        """The names that dlrun has by itself."""
        return tuple(self._targets)

    def arguments(self, name: str) -> list[str]:
        """Return the names of the arguments of the class `name`, in order, without importing its module.

        `dlrun check` validates arguments with it in a fraction of a second, since the modules import NumPy.
        """
        if name in self._objects:
            import inspect

            return list(inspect.signature(self._objects[name]).parameters)
        return list(_arguments_in_source(*self._target(name)))

    def defaults(self, name: str) -> dict[str, Any]:
        """Return the defaults of the arguments of the class `name`; one that is no plain value is None."""
        if name in self._objects:
            import inspect

            parameters = inspect.signature(self._objects[name]).parameters
            return {n: p.default for n, p in parameters.items() if p.default is not p.empty}
        return {n: default for n, default in _arguments_in_source(*self._target(name)).items() if default is not ...}

    def doc(self, name: str) -> tuple[str, str]:
        """Return the docstring of the module of `name`, and that of the class or function itself."""
        if name not in self._targets:  # one of the user's own
            import inspect

            return "", inspect.getdoc(self._objects[name]) or ""
        module, attribute = self._target(name)
        tree = _tree(module)
        definition = _definition(tree, attribute)
        return ast.get_docstring(tree) or "", (ast.get_docstring(definition) or "") if definition is not None else ""

    def _target(self, name: str) -> tuple[str, str]:
        module, _, attribute = self._targets[name].partition(":")
        return module, attribute


@cache
def _tree(module: str) -> ast.Module:
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None, module
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def _definition(tree: ast.Module, name: str) -> ast.ClassDef | ast.FunctionDef | None:
    found = (n for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef) and n.name == name)
    return next(found, None)


@cache
def _arguments_in_source(module: str, class_name: str) -> dict[str, Any]:
    """Return each argument of a class with its default; `...` where it has none."""
    definition = _definition(_tree(module), class_name)
    for member in definition.body if definition is not None else ():
        if isinstance(member, ast.FunctionDef) and member.name == "__init__":
            arguments = member.args
            positional = arguments.args[1:]
            none: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
            defaults = [*none, *arguments.defaults, *arguments.kw_defaults]
            named = zip([*positional, *arguments.kwonlyargs], defaults, strict=True)
            return {a.arg: ... if default is None else _plain(default) for a, default in named}
    return {}


def _plain(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
