"""Packages that extend dlrun: each names a module under the entry point group `dlrun.plugins`.

An installed package is trusted, since the user installed it. Its names are read from its source; it is imported only
where a config uses one of them.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from dlrun.keras_catalog import KerasEntry
from dlrun.own_names import OwnNames, read_names

GROUP = "dlrun.plugins"


@dataclass(frozen=True)
class Plugin:
    """A module of an installed package.

    Args:
        module: Its dotted name.
        package: The distribution that it belongs to.
        names: What it adds.
    """

    module: str
    package: str
    names: OwnNames


@cache
def plugins() -> tuple[Plugin, ...]:
    """Return what installed packages add, in the order of the entry points' names."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return tuple(_plugin(entry.module, entry.dist.name if entry.dist else entry.name) for entry in found)


def plugin_entry(kind: str, name: str) -> KerasEntry | None:
    """Return what a package says of `name`, or None."""
    return next((e for plugin in plugins() if (e := plugin.names.find(kind, name)) is not None), None)


def plugin_entries(kind: str) -> list[KerasEntry]:
    """Return everything that packages add to a kind."""
    return [e for plugin in plugins() for e in plugin.names.entries if e.kind == kind]


def _plugin(module: str, package: str) -> Plugin:
    file = _file_of(module)
    try:
        source = file.read_text(encoding="utf-8") if file is not None else None
    except (OSError, UnicodeDecodeError):
        source = None
    names = OwnNames(whole=False) if source is None else read_names(source, f"the package {package}")
    return Plugin(module, package, names)


def _file_of(module: str) -> Path | None:
    """Return a module's file; only Python's own finder is asked, so that no package is imported."""
    top, *inner = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or (inner and not spec.submodule_search_locations):
        return None
    if not inner:
        return Path(spec.origin) if spec.origin else None
    for folder in spec.submodule_search_locations or ():
        stem = Path(folder, *inner)
        for file in (stem.with_suffix(".py"), stem / "__init__.py"):
            if file.is_file():
                return file
    return None
