"""A `.keras` file, or the text of `model.to_json()`, as a description of a model: JSON, and nothing else."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from dlrun.errors import ConfigError, Location, Problem
from dlrun.files import is_url, open_plain, parse_json

_LARGEST = 64 * 2**20  # bytes of JSON; the largest of Keras's own networks have 1.5 million
_DEEPEST = 200
_FIX = "Give a file that model.save wrote (.keras), or the text of model.to_json() (.json)."


def read_model_file(path: Path) -> dict[str, Any]:
    """Return the description of a model.

    Raises:
        ConfigError: If there is no such file, or it holds something else.
    """
    if is_url(path):
        raise _refused(path, f"dlrun reads local files, no URLs: {path}")
    try:
        with open_plain(path) as file:
            is_zip = file.read(4) == b"PK\x03\x04"
            file.seek(0)
            content = _from_zip(path) if is_zip else file.read(_LARGEST + 1)
    except OSError as error:
        raise _refused(path, f"it cannot be read: {error.strerror or error}", "") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:  # damaged, or encrypted
        raise _refused(path, f"it is a damaged archive: {error}") from error
    if len(content) > _LARGEST:
        raise _refused(path, "its description is larger than any model's")
    if content[:8] == b"\x89HDF\r\n\x1a\n":
        raise _refused(path, "it is an HDF5 file, which Keras no longer writes", "Load it in Keras, and save it anew.")
    try:
        found = parse_json(content.decode("utf-8"))
        if _depth(found) > _DEEPEST:
            raise ValueError("it is nested too deeply")
    except (ValueError, RecursionError) as error:
        raise _refused(path, f"it holds no JSON: {str(error) or 'it is nested too deeply'}") from error
    if not isinstance(found, dict) or "class_name" not in found or not isinstance(found.get("config"), dict):
        raise _refused(path, "it does not describe a Keras model")
    return found


def _from_zip(path: Path) -> bytes:
    """Return the archive's config.json; nothing is unpacked to the disk."""
    with zipfile.ZipFile(path) as archive:
        if "config.json" not in archive.namelist():
            raise _refused(path, "it is an archive without config.json")
        with archive.open("config.json") as member:
            return member.read(_LARGEST + 1)


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        level = [item for item in inner if isinstance(item, dict | list)]
    return deepest


def _refused(path: Path, what: str, fix: str = _FIX) -> ConfigError:
    return ConfigError(Problem(what, fix, location=Location(str(path))))
