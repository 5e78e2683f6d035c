"""Columns' names: one spelling for what looks the same, no name twice, and what to say of an unknown one."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dlrun.errors import DataError, Location, Problem


def normalized(name: str) -> str:
    """Return a name in Unicode's composed form (NFC): macOS writes Korean and accented letters in pieces."""
    return unicodedata.normalize("NFC", name)


def column_name(value: Any) -> str:
    """Return a name from a config as text: a column called 60 is "60"."""
    return normalized(value if isinstance(value, str) else str(value))


def shown(path: str | Path) -> str:
    """Return a path as the user would write it: relative where it lies below the current folder."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def checked_names(raw: Iterable[str], file: str | Path) -> list[str]:
    """Return a file's column names, composed; one that is empty is called `Unnamed: 2` by its place, as in pandas.

    Raises:
        DataError: If a name stands there twice.
    """
    raw = list(raw)
    names = [normalized(name) or f"Unnamed: {n}" for n, name in enumerate(raw)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        spelt = {name for n, name in enumerate(names) if name in twice and raw[n] != name}
        why = ", which look the same but are spelt in different Unicode forms" if spelt else ""
        listed = ", ".join(f"'{name}' ({names.count(name)} times)" for name in twice[:5])
        fix = "Give each column a name of its own in the file, or with read: {header: 0, names: [...]}."
        raise DataError(Problem(f"column names appear more than once: {listed}{why}", fix, "", Location(shown(file))))
    return names
