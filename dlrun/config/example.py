"""How something of Keras's is written in YAML: its docstring's own Python example, turned over."""

from __future__ import annotations

import ast
import re
from typing import Any

import yaml

from dlrun.docstrings import Docstring
from dlrun.keras_catalog import KerasEntry, keras_entry, keras_kinds

_ABOVE = {
    "optimizers": ("compile", "optimizer"),
    "schedules": ("learning_rate",),
    "losses": ("compile", "loss"),
    "metrics": ("compile", "metrics"),
    "callbacks": ("callbacks",),
    "layers": ("layers",),
    "initializers": ("kernel_initializer",),
    "regularizers": ("kernel_regularizer",),
    "constraints": ("kernel_constraint",),
    "activations": ("activation",),
}
_LISTS = {"layers", "callbacks", "metrics"}


class _NotPlainError(Exception):
    """An example uses what no config can say."""


def example_of(entry: KerasEntry, doc: Docstring) -> str:
    """Return YAML that holds the object: as in Keras's fullest example that a config can say, if there is one."""
    examples = [] if entry.kind == "activations" else list(_from_examples(entry, doc))
    written = max(examples, key=lambda example: len(str(example)), default=entry.name)
    if isinstance(written, str):
        written = _with_arguments(entry)
    keys = _ABOVE[entry.kind]
    lines = [f"{'  ' * depth}{key}:" for depth, key in enumerate(keys)]
    dumped = yaml.safe_dump(written, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    item = dumped.removesuffix("\n...\n").strip().replace("'...'", "...")
    if isinstance(written, dict):  # the outermost braces may go
        item = item[1:-1]
    if entry.kind in _LISTS:
        return "\n".join([*lines, f"{'  ' * len(keys)}- {item}"])
    if isinstance(written, dict):
        return "\n".join([*lines, f"{'  ' * len(keys)}{item}"])
    return "\n".join([*lines[:-1], f"{lines[-1]} {item}"])


def _with_arguments(entry: KerasEntry) -> Any:
    """Return the object with what it needs, or with its first argument where that has a default."""
    needed: dict[str, Any] = {p.name: "..." for p in entry.parameters if p.required}
    first = entry.parameters[0] if entry.parameters else None
    if not needed and entry.is_class and first is not None and isinstance(first.default, int | float | str):
        needed = {first.name: first.default}
    return {entry.name: needed} if needed else entry.name


def _from_examples(entry: KerasEntry, doc: Docstring) -> Any:
    for text in [*doc.sections.values(), doc.body]:
        for call in re.finditer(rf"(?<![\w])(?:[\w.]+\.)?{re.escape(entry.name)}\(", text):
            try:
                yield _written(_call(text[call.start() :]), entry)
            except (_NotPlainError, SyntaxError, ValueError):
                continue


def _call(text: str) -> ast.Call:
    """Return the call that a text begins with."""
    depth = 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == ")" and depth == 0:
            code = re.sub(r"\n\s*(>>>|\.\.\.) ?", "\n", text[: position + 1])
            found = ast.parse(code.strip(), mode="eval").body
            if isinstance(found, ast.Call):
                return found
            break
    raise _NotPlainError


def _written(call: ast.Call, entry: KerasEntry) -> Any:
    names = entry.parameter_names
    if len(call.args) > len(names):
        raise _NotPlainError
    given = dict(zip(names, call.args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
    if set(given) - set(names) or any(p.required and p.name not in given for p in entry.parameters):
        raise _NotPlainError
    arguments = {name: _value(node) for name, node in given.items()}
    choices = {p.name: p.choices for p in entry.parameters if p.choices}
    if any(value is not None and value not in choices.get(name, [value]) for name, value in arguments.items()):
        raise _NotPlainError  # Keras's example is older than its class
    return {entry.name: arguments} if arguments else entry.name


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Tuple | ast.List):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Call):
        return _nested(node)
    try:
        value = ast.literal_eval(node)
    except ValueError:
        raise _NotPlainError from None
    if not isinstance(value, bool | int | float | str | None):
        raise _NotPlainError
    # Nothing is written outside the run's folder, so an absolute path becomes its last part.
    return value.rpartition("/")[2] if isinstance(value, str) and value.startswith("/") else value


def _nested(call: ast.Call) -> Any:
    name = ast.unparse(call.func).rpartition(".")[2]
    entry = next((e for kind in keras_kinds() if (e := keras_entry(kind, name)) is not None), None)
    if entry is None or entry.refused or not entry.is_class:
        raise _NotPlainError
    return _written(call, entry)
