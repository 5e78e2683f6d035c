"""What the user's own files and installed packages add to a config's names; their source is read, never run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dlrun.catalog import REGISTRIES, keras_entry
from dlrun.config.objects import ObjectSpec, PrepareSpec
from dlrun.config.schema import Section, Sections
from dlrun.errors import ConfigError, Problem
from dlrun.files import open_plain
from dlrun.keras_catalog import keras_kinds
from dlrun.own_names import OwnNames, joined, read_names
from dlrun.plugins import Plugin, plugins

_LARGEST = 1024 * 1024  # bytes of Python; what is longer is not looked into


def names_of_files(files: Iterable[str | Path]) -> OwnNames:
    """Return what Python files define; one that cannot be read adds nothing, and running it tells why."""
    return joined([_names_of(Path(file)) for file in files])


def names_of_existing(files: Iterable[Path]) -> OwnNames:
    """Return what Python files define.

    Raises:
        ConfigError: If a file cannot be read.
    """
    for file in files:
        if not file.is_file():
            raise ConfigError(Problem(f"no file {file}"))
    return names_of_files(files)


def _names_of(file: Path) -> OwnNames:
    try:
        with open_plain(file) as opened:
            source = opened.read(_LARGEST + 1)
        return read_names(source.decode("utf-8"), file.name) if len(source) <= _LARGEST else OwnNames(whole=False)
    except (OSError, UnicodeDecodeError):
        return OwnNames(whole=False)


def plugins_for(config: Sections) -> tuple[Plugin, ...]:
    """Return the packages that a config needs: those that add a name or a file format it uses, or a plot."""
    used = set(_types(config))
    unknown = {name for name in used if not any(keras_entry(kind, name) for kind in keras_kinds())}
    unknown -= {name for registry in REGISTRIES.values() for name in registry.built_in}
    endings = {Path(file).suffix.lower() for file in (config.data.source if config.data is not None else ())}
    wanted = unknown | (endings - set(REGISTRIES["source"].built_in))
    if not wanted:
        return ()
    return tuple(
        plugin for plugin in plugins() if any(wanted & {entry.name, *entry.aliases} for entry in plugin.names.entries)
    )


def packages_for(config: Sections) -> list[str]:
    """Return the distributions that these belong to."""
    return [plugin.package for plugin in plugins_for(config)]


def _types(value: Any, inside: bool = False) -> Iterator[str]:
    """Return the names of all objects in a section, and the texts in their arguments, which may be names."""
    if isinstance(value, ObjectSpec):
        yield value.type
        yield from _types(value.args, inside=True)
    elif isinstance(value, PrepareSpec):
        yield value.type
    elif isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _types(getattr(value, name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _types(item, inside)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _types(item, inside)
    elif inside and isinstance(value, str) and value.isidentifier():  # activation: swash
        yield value
