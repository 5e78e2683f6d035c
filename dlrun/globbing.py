"""Which files a pattern such as `data/**/*.csv` stands for, found in bounded time: the pattern may be a stranger's."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

MOST = 300_000  # names in folders, which takes about a second


class TooManyError(ValueError):
    """More would have to be looked at than anybody means."""


class Globber:
    """Finds what Python's `glob(pattern, recursive=True)` finds, but for folders that lead back into themselves.

    Args:
        most: How many names in folders are looked at, for all patterns together.
    """

    def __init__(self, most: int = MOST) -> None:
        self._left = most

    def __call__(self, pattern: str) -> list[str]:
        """Return the paths that a pattern stands for, each once; a pattern without `*`, `?` and `[` is a path.

        Raises:
            TooManyError: If there is too much to look at.
        """
        path = PurePath(pattern)
        parts = path.parts[1:] if path.anchor else path.parts
        found = dict.fromkeys(self._matches(path.anchor, parts))
        return [path for path in found if Path(path).is_dir()] if pattern.endswith("/") else list(found)

    def _matches(self, base: str, parts: Sequence[str]) -> Iterator[str]:
        if not parts:
            yield base
            return
        first, *rest = parts
        if first == "**":
            while rest[:1] == ["**"]:
                del rest[0]
            folders = {os.path.join(base, ""): None} if base or rest else {}  # noqa: PTH118 (as the pattern says it)
            folders |= dict.fromkeys(self._below(base, files=not rest, above=frozenset()))
            for found in folders:
                yield from self._matches(found, rest)
        elif not glob.has_magic(first):
            path = os.path.join(base, first)  # noqa: PTH118
            if os.path.lexists(path):
                yield from self._matches(path, rest)
        else:
            fits = re.compile(fnmatch.translate(first)).match
            hidden = first.startswith(".")
            for entry in self._entries(base):
                if fits(entry.name) and (hidden or not entry.name.startswith(".")) and (not rest or _is_folder(entry)):
                    yield from self._matches(os.path.join(base, entry.name), rest)  # noqa: PTH118

    def _below(self, base: str, *, files: bool, above: frozenset[tuple[int, int]]) -> Iterator[str]:
        """Give all folders below one, and all files, but nothing of a folder that stands above itself."""
        try:
            found = Path(base).stat()
        except OSError:
            return
        here = (found.st_dev, found.st_ino)
        if here in above:
            return
        for entry in self._entries(base):
            if entry.name.startswith("."):
                continue
            path = os.path.join(base, entry.name)  # noqa: PTH118
            if _is_folder(entry):
                yield path
                yield from self._below(path, files=files, above=above | {here})
            elif files:
                yield path

    def _entries(self, folder: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder or os.curdir) as entries:
                for entry in entries:
                    self._left -= 1
                    if self._left < 0:
                        raise TooManyError(f"more than {MOST:,} files and folders would have to be looked at")
                    yield entry
        except OSError:  # no folder, or one that may not be entered
            return


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in circles, or where nobody may look
        return False
