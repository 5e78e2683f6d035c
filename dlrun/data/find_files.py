"""Which files a config means: paths, globs, lists of them."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from dlrun.catalog import SOURCES
from dlrun.data.image_names import is_image
from dlrun.data.names import shown
from dlrun.errors import DataError, Problem, did_you_mean, nearest
from dlrun.globbing import Globber, TooManyError

_PICKLES = {".pkl", ".pickle", ".joblib", ".p", ".npy"}


def find_files(patterns: Iterable[str | Path]) -> list[Path]:
    """Return the files that paths and globs stand for: in the order given, those of a glob sorted.

    Raises:
        DataError: If one does not exist, is a URL, or is of a format that dlrun does not read.
    """
    files: list[Path] = []
    problems: list[Problem] = []
    globber = Globber()
    for pattern in map(str, patterns):
        found = _matches(pattern, globber)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        files += found
        problems += [p for p in map(_unreadable, found) if p is not None]
    if problems:
        raise DataError(*problems)
    return files


def _matches(pattern: str, globber: Globber) -> list[Path] | Problem:
    if "://" in pattern:
        return Problem(f"dlrun reads local files, no URLs: {pattern}", "Download the file, and give its path.")
    if "\0" in pattern:
        return Problem("a path cannot hold a NUL character")
    path = Path(pattern)
    if path.suffix.lower() in _PICKLES:
        return _wrong_format(path)
    try:
        path.stat()
    except FileNotFoundError:
        pass  # a glob, or nothing
    except OSError as error:  # a name that is too long, a folder that may not be entered
        return Problem(f"{shown(path)} cannot be read: {error.strerror}")
    else:
        return [path]
    if glob.has_magic(pattern):
        try:
            matches = sorted(map(Path, globber(pattern)))
        except TooManyError as error:
            return Problem(f"{shown(pattern)}: {error}", "Name the folder more exactly.")
        found = [path for path in matches if path.is_file()] or [path for path in matches if path.is_dir()]
        return found or Problem(f"no file matches {shown(pattern)}")
    return _absent(path)


def _absent(path: Path) -> Problem:
    folder = path.parent
    if not folder.is_dir():
        return Problem(f"no such file: {shown(path)}", f"There is no folder {shown(folder)} either.")
    beside = [entry.name for entry in folder.iterdir()]
    best = nearest(path.name, beside)
    return Problem(f"no such file: {shown(path)}", f"Did you mean {shown(folder / best)}?" if best else "")


def _unreadable(path: Path) -> Problem | None:
    if path.is_dir():
        return None  # of images
    if not path.is_file():
        return Problem(f"{shown(path)} is no ordinary file")
    return None if path.suffix.lower() in SOURCES else _wrong_format(path)


def _wrong_format(path: Path) -> Problem:
    ending = path.suffix.lower()
    known = ", ".join(name.lstrip(".") for name in SOURCES if not is_image(Path(name)))
    images = ", ".join(name.lstrip(".") for name in SOURCES if is_image(Path(name)))
    what = f"cannot read {shown(path)}: dlrun reads {known}, and images ({images})"
    if ending in _PICKLES:
        return Problem(what, "Pickles run code when they are opened; save the table as csv or parquet.")
    return Problem(what, did_you_mean(ending, SOURCES) if ending and nearest(ending, SOURCES) else "")
