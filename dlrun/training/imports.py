"""Keras without what a table's network never asks of it.

Keras imports scikit-learn (and with it SciPy) for its wrappers, and matplotlib for its galleries, when it is imported
itself: a third of the time. Here such a module is put off until somebody uses it; from then on it is as ever.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

PUT_OFF = (
    "keras.wrappers",
    "keras._tf_keras.keras.wrappers",
    "keras.visualization",
    "keras._tf_keras.keras.visualization",
    "keras.src.visualization",
)


@contextmanager
def light_imports(names: Iterable[str] = PUT_OFF) -> Iterator[None]:
    """Put off the import of these modules inside the block, and keep the garbage collector away.

    Imports leave no garbage, and what they make stays: looking through a million objects for nothing, again and
    again, costs a second.

    Args:
        names: Full names of modules. Each must be one that others import whole (`from keras import wrappers`), not
            something out of it.
    """
    finder, collects = PutOff(names), gc.isenabled()
    sys.meta_path.insert(0, finder)
    gc.collect()  # freezing is for ever
    gc.disable()
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        gc.freeze()
        if collects:
            gc.enable()


class PutOff(MetaPathFinder):
    """Finds the modules as ever, but runs none of them yet."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module's spec with a loader that waits; None leaves other modules to other finders."""
        if fullname not in self._names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Waiting(spec.loader)
        return spec


class _Waiting(Loader):
    """Runs a module at the first use of a name in it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        def run_first(name: str) -> Any:
            if name.startswith("__"):  # whoever looks at all modules, such as `inspect`, does not use them
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            del module.__dict__["__getattr__"]
            self._loader.exec_module(module)
            return getattr(module, name)

        module.__dict__["__getattr__"] = run_first
