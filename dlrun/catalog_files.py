"""The catalog's files for the installed Keras: those of the package, or ones made once and kept in the user's cache."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from dlrun.files import open_plain, parse_json

CATALOG_NAME = "keras_catalog.json"
PACKAGE = Path(__file__).parent
_LARGEST = 16 * 1024 * 1024  # bytes; the real ones have less than one million
_PATIENCE = 300  # seconds to make them; Keras alone takes 5 to 20 to import
_TYPE = re.compile(r'int\+?|float|fraction|bool|str|list|map|[a-z]+s|"[^"]*"')
_LOG = logging.getLogger("dlrun")  # without a handler of its own, Python shows a warning on stderr


def installed_keras() -> str | None:
    """Return the version of the installed Keras without importing it; None where there is none."""
    spec = importlib.util.find_spec("keras")
    for folder in spec.submodule_search_locations or () if spec is not None else ():
        for place in ("src/version.py", "version.py"):
            file = Path(folder, place)
            found = re.search(r'__version__ = "([\w.+-]{1,40})"', file.read_text("utf-8")) if file.is_file() else None
            if found:
                return found[1]
    return None


@cache
def read_catalog() -> dict[str, Any]:
    """Return the catalog of the installed Keras; it is made first where the package has none for this version."""
    return _read(CATALOG_NAME)


def _read(name: str) -> dict[str, Any]:
    packaged: dict[str, Any] = parse_json((PACKAGE / name).read_text(encoding="utf-8"))
    version = installed_keras()
    if version is None or packaged["keras"] == version:
        return packaged
    folder = cache_folder() / f"keras-{version}"
    kept = _kept(folder / name, version)
    if kept is None and _make(folder, version):
        kept = _kept(folder / name, version)
    if kept is None:
        _LOG.warning(
            "note: checking with the names of Keras %s, since those of %s could not be read from Keras itself",
            packaged["keras"],
            version,
        )
        return packaged
    return kept


def cache_folder() -> Path:
    """Return the folder in which dlrun keeps what it can make again: `$XDG_CACHE_HOME/dlrun`, or `~/.cache/dlrun`."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".cache") / "dlrun"


def _make(folder: Path, version: str) -> bool:
    _LOG.warning("note: reading the names and arguments of Keras %s from Keras itself; this is done once", version)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "dlrun.model.make_catalog", str(folder)]
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _kept(file: Path, version: str) -> dict[str, Any] | None:
    """Return what the cache holds, or None where that is absent, damaged, or nothing that dlrun wrote."""
    try:
        with open_plain(file) as opened:
            content = parse_json(opened.read(_LARGEST).decode("utf-8"))
    except (OSError, ValueError):
        return None
    mine = isinstance(content, dict) and content.get("keras") == version and _is_catalog(content)
    return content if mine else None


def _is_catalog(content: dict[str, Any]) -> bool:
    kinds = [records for kind, records in content.items() if kind != "keras"]
    return _same_kinds(content, CATALOG_NAME) and all(
        isinstance(records, dict)
        and len(records) > 0
        and all(name.isidentifier() and not name.startswith("_") and _is_record(r) for name, r in records.items())
        for records in kinds
    )


def _same_kinds(content: dict[str, Any], name: str) -> bool:
    return set(content) == set(parse_json((PACKAGE / name).read_text(encoding="utf-8")))


def _is_record(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and set(record) == {"is_class", "place", "aliases", "parameters"}
        and isinstance(record["is_class"], bool)
        and isinstance(record["place"], str)
        and isinstance(record["aliases"], list)
        and all(isinstance(alias, str) for alias in record["aliases"])
        and isinstance(record["parameters"], list)
        and all(_is_parameter(parameter) for parameter in record["parameters"])
    )


def _is_parameter(parameter: Any) -> bool:
    if not isinstance(parameter, list) or len(parameter) != 4:
        return False
    name, required, _, types = parameter
    return (
        isinstance(name, str)
        and name.isidentifier()
        and isinstance(required, bool)
        and isinstance(types, list)
        and all(isinstance(t, str) and _TYPE.fullmatch(t) for t in types)
    )
