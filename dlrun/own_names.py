"""What a Python file adds to the names that a config may use, read from its source: nothing of it is run.

It serves files under `code` and the packages of entry points, so that `dlrun check`, `schema` and `explain` know their
classes, functions and steps in a moment. When a network is built, the real class decides.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dlrun.keras_catalog import KerasEntry, Parameter, keras_entry, keras_kinds

STEP_KINDS = ("source", "prepare", "preprocessing", "resample", "plot")
FUNCTION_KINDS = ("losses", "metrics", "activations", "initializers", "regularizers", "constraints")
_BASES = {
    "Layer": "layers",
    "Optimizer": "optimizers",
    "LearningRateSchedule": "schedules",
    "Loss": "losses",
    "Metric": "metrics",
    "Callback": "callbacks",
    "Initializer": "initializers",
    "Regularizer": "regularizers",
    "Constraint": "constraints",
}
_TYPES = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "list": "list",
    "tuple": "list",
    "Sequence": "list",
    "dict": "map",
    "Mapping": "map",
}
_KNOWN_IMPORTS = {"keras", "tensorflow", "numpy", "dlrun", "pandas", *sys.stdlib_module_names}


@dataclass(frozen=True)
class OwnNames:
    """The names of one or several files.

    Args:
        entries: Everything that they define, as the catalog describes Keras's own.
        whole: Whether nothing else can come from them: what they import from files of the user's may register more.
    """

    entries: tuple[KerasEntry, ...] = ()
    whole: bool = True

    def find(self, kind: str, name: str) -> KerasEntry | None:
        """Return what is known of `name` in a kind, or None."""
        return next((e for e in self.entries if e.kind == kind and name in (e.name, *e.aliases)), None)


NOTHING = OwnNames()


def read_names(source: str, origin: str) -> OwnNames:
    """Return the names that a Python file defines.

    Args:
        source: Its text.
        origin: What to call it: "my_layers.py", "the package dlrun-extras".

    Returns:
        Its names; where it is no Python, none, and not whole: running it tells the error at its line.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return OwnNames(whole=False)
    reader = _Reader(tree, origin)
    return OwnNames(tuple(reader.entries()), reader.whole)


def joined(parts: list[OwnNames]) -> OwnNames:
    """Return the names of several files."""
    return OwnNames(tuple(e for part in parts for e in part.entries), all(part.whole for part in parts))


class _Reader:
    def __init__(self, tree: ast.Module, origin: str) -> None:
        self.tree = tree
        self.origin = origin
        self.imported: dict[str, str] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.whole = True
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._import(node)
            elif isinstance(node, ast.ImportFrom):
                self._import_from(node)
        self.whole &= all(_is_plain(node) for node in tree.body)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.imported[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )
            self.whole &= alias.name.partition(".")[0] in _KNOWN_IMPORTS

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self.whole &= not node.level and module.partition(".")[0] in _KNOWN_IMPORTS
        for alias in node.names:
            self.imported[alias.asname or alias.name] = f"{module}.{alias.name}"

    def entries(self) -> Iterator[KerasEntry]:
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                yield from self._registered(node)
                if not node.name.startswith("_"):
                    yield from self._of_keras(node)

    def _registered(self, node: ast.ClassDef | ast.FunctionDef) -> Iterator[KerasEntry]:
        """Return what `@dlrun.register(kind, name)` makes known."""
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and self._dotted(call.func).startswith("dlrun"):
                words = [_literal(argument) for argument in call.args]
                words += [_literal(k.value) for name in ("kind", "name") for k in call.keywords if k.arg == name]
                if len(words) == 2 and words[0] in STEP_KINDS and isinstance(words[1], str):
                    yield self._entry(node, words[1], str(words[0]), ())

    def _of_keras(self, node: ast.ClassDef | ast.FunctionDef) -> Iterator[KerasEntry]:
        aliases = tuple(
            str(_literal(keyword.value))
            for call in node.decorator_list
            if isinstance(call, ast.Call) and self._dotted(call.func).endswith("register_keras_serializable")
            for keyword in call.keywords
            if keyword.arg == "name"
        )
        if isinstance(node, ast.FunctionDef):
            for kind in FUNCTION_KINDS:
                text = ast.get_docstring(node) or ""
                yield KerasEntry(node.name, kind, False, (), aliases, text=text, origin=self.origin)
            return
        kind = self._kind(node)
        if kind:
            yield self._entry(node, node.name, kind, aliases)

    def _entry(
        self, node: ast.ClassDef | ast.FunctionDef, name: str, kind: str, aliases: tuple[str, ...]
    ) -> KerasEntry:
        parameters = tuple(self._parameters(node)) if isinstance(node, ast.ClassDef) else ()
        text = ast.get_docstring(node) or ""
        return KerasEntry(
            name, kind, isinstance(node, ast.ClassDef), parameters, aliases, text=text, origin=self.origin
        )

    def _kind(self, node: ast.ClassDef) -> str:
        """Return the kind that a class's bases make it; nothing where they are none of Keras's."""
        for base in node.bases:
            dotted = self._dotted(base)
            if dotted in self.classes:
                return self._kind(self.classes[dotted])
            parts = dotted.split(".")
            if parts[0] not in ("keras", "tensorflow"):
                continue
            named = [kind for kind in keras_kinds() if kind in parts]
            if named or parts[-1] in _BASES:
                return named[-1] if named else _BASES[parts[-1]]
        return ""

    def _dotted(self, node: ast.expr) -> str:
        """Return `keras.layers.Layer` for a base, whatever the file's imports call it."""
        try:
            text = ast.unparse(node)
        except RecursionError:
            return ""
        head, dot, rest = text.partition(".")
        return self.imported.get(head, head) + dot + rest

    def _parameters(self, node: ast.ClassDef) -> Iterator[Parameter]:
        """Return what the class's `__init__` takes, and with `**kwargs` what its base class takes."""
        initializer = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
        own = list(_own_parameters(initializer)) if initializer is not None else []
        yield from own
        if initializer is None or initializer.args.kwarg is not None:
            taken = {parameter.name for parameter in own}
            yield from (p for p in self._inherited(node) if p.name not in taken)

    def _inherited(self, node: ast.ClassDef) -> Iterator[Parameter]:
        for base in node.bases:
            dotted = self._dotted(base)
            if dotted in self.classes:
                yield from self._parameters(self.classes[dotted])
            else:
                entry = keras_entry(self._kind(node), dotted.rpartition(".")[2]) if self._kind(node) else None
                yield from entry.parameters if entry is not None else ()
            return


def _is_plain(node: ast.stmt) -> bool:
    """Tell whether a statement of a module makes no name known that is not read off here."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return node.value is None or isinstance(node.value, ast.Constant) or _literal(node.value) is not None
    return isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef)


def _own_parameters(function: ast.FunctionDef) -> Iterator[Parameter]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args][1:]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults)) + [*arguments.defaults]
    for argument, default in [
        *zip(positional, defaults[-len(positional) :] if positional else [], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]:
        value = None if default is None else _literal(default)
        yield Parameter(argument.arg, default is None, value, tuple(_types(argument.annotation, value)))


def _types(annotation: ast.expr | None, default: Any) -> list[str]:
    """Return the types that an annotation of plain types states; nothing where it says more than these."""
    if annotation is None:
        return ["bool"] if isinstance(default, bool) else ["float"] if isinstance(default, int | float) else []
    words = [part.strip().partition("[")[0] for part in ast.unparse(annotation).strip("'\"").split("|")]
    words = [word for word in words if word != "None"]
    return [_TYPES[word] for word in words] if all(word in _TYPES for word in words) else []


def _literal(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    return (
        list(value)
        if isinstance(value, tuple)
        else value
        if isinstance(value, bool | int | float | str | list)
        else None
    )
