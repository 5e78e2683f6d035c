"""What Keras says of its own classes and functions, read from the source of the installed Keras without importing it.

The words are Keras's, so they stay where they are: none of them is kept in dlrun, and they are always those of the
version that is installed.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from functools import cache
from pathlib import Path

PLACE = re.compile(r"keras(\.[A-Za-z_]\w*)+:[A-Za-z_]\w*")
# Keras puts this in place of a mark in the docstrings of its optimizers when it is imported.
_SHARED = ("keras.src.optimizers.base_optimizer", "base_optimizer_keyword_args")


def docstring_at(place: str) -> str:
    """Return the docstring of a class or function, dedented; nothing where there is none.

    Args:
        place: Where it is defined, `keras.src.layers.core.dense:Dense`.
    """
    if not PLACE.fullmatch(place):
        return ""
    module, _, name = place.partition(":")
    for node in _body(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return _filled(ast.get_docstring(node, clean=False) or "")
    return ""


def _filled(text: str) -> str:
    mark = f"{{{{{_SHARED[1]}}}}}"
    return inspect.cleandoc(text.replace(mark, _shared_text()) if mark in text else text)


@cache
def _shared_text() -> str:
    module, name = _SHARED
    for node in _body(module):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return str(ast.literal_eval(node.value))
    return ""


@cache
def _body(module: str) -> tuple[ast.stmt, ...]:
    spec = importlib.util.find_spec("keras")
    parts = module.split(".")[1:]
    for folder in spec.submodule_search_locations or () if spec is not None else ():
        for file in (Path(folder, *parts).with_suffix(".py"), Path(folder, *parts, "__init__.py")):
            if file.is_file():
                return tuple(ast.parse(file.read_text("utf-8")).body)
    return ()
