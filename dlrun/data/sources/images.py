"""A folder of images: each sub-folder is a class. Or single image files, to be predicted.

Files are opened, several at once, to learn their size and colours and to hash their bytes; their pixels are decoded
later, when they are needed.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from dlrun.data.image_names import ENDINGS, is_image
from dlrun.data.images import CHANNELS, broken_image, lazy_images
from dlrun.data.names import normalized, shown
from dlrun.data.sources.source import Rows, Source
from dlrun.errors import ConfigError, DataError, Location, Problem

if TYPE_CHECKING:
    from dlrun.config.config import Config

Array = np.ndarray[Any, Any]

FILES_AT_ONCE = 128  # that a thread looks at before it takes the next
MOST_PIXELS = 2**27  # of one image: half a GiB as rgba; a file of a few bytes may claim any number
_FORMATS = ("BMP", "GIF", "JPEG", "PNG")
_OTHER_IMAGES = (".avif", ".heic", ".jfif", ".jp2", ".psd", ".raw", ".svg", ".tif", ".tiff", ".webp")
_COLOURS = {"1": "grey", "L": "grey", "LA": "grey", "I": "grey", "F": "grey", "RGBA": "with transparency"}


@dataclass(frozen=True)
class Header:
    """What the beginning of an image file says, with Pillow's format and mode, and a hash of all of it."""

    height: int
    width: int
    format: str
    mode: str
    size: int
    digest: bytes

    @property
    def colours(self) -> str:
        """The mode in words."""
        return _COLOURS.get(self.mode, "in colour")

    def can_be(self, color_mode: str) -> bool:
        """Tell whether TensorFlow converts it: all png and jpeg (but to rgba), gif to rgb, and bmp to nothing else."""
        if self.format == "BMP":
            return CHANNELS[color_mode] == {"RGB": 3, "RGBA": 4}.get(self.mode, 1)
        return color_mode == "rgb" or self.format == "PNG" or (self.format == "JPEG" and color_mode == "grayscale")


@dataclass(frozen=True)
class Folder:
    """What is known of a folder once it was read.

    Args:
        rows: Its images.
        sha256: Of the names and the bytes of all its files.
        size: Number of bytes.
        names: The files below the folder, by row.
    """

    rows: Rows
    sha256: str
    size: int
    names: tuple[str, ...]


def read_folder(path: Path, config: Config) -> Folder:
    """Read a folder of images: the column `image`, and with class folders `label`; sorted by folder, then by file.

    Raises:
        DataError: If there are no images, a class folder has none, a file is broken, or sizes differ.
    """
    notes: list[str] = []
    found: Sequence[tuple[str | None, Path]] = _by_class(path, notes)
    found = found or [(None, file) for file in _images_in(path, notes)]
    if not found:
        fix = f"It needs a sub-folder for each class, with {', '.join(ENDINGS)} files in it"
        fix += f"; name files of tables one by one, or all: {shown(path / '*.csv')}."
        raise DataError(Problem("is a folder that holds no images", fix, "", Location(shown(path))))
    files = [file for _, file in found]
    headers = _headers(files)
    whole = hashlib.sha256()
    names = tuple(file.relative_to(path).as_posix() for file in files)
    for name, header in zip(names, headers, strict=True):
        whole.update(os.fsencode(name) + b"\0" + header.digest)
    rows = _rows(path, [label for label, _ in found], files, headers, config, notes)
    return Folder(rows, whole.hexdigest(), sum(header.size for header in headers), names)


def read_image(source: Source) -> Rows:
    """Read a single image file: a row without a label."""
    with _no_warnings():
        header = _header(source.path, source.handle)
    return _rows(source.path, [None], [source.path], [header], source.config, [])


def _by_class(path: Path, notes: list[str]) -> list[tuple[str, Path]]:
    """Return the images of the class folders with their class, in Keras's order."""
    folders = sorted((f for f in path.iterdir() if f.is_dir() and not _is_hidden(f)), key=lambda folder: folder.name)
    found: list[tuple[str, Path]] = []
    empty = []
    for folder in folders:
        own = list(_images_in(folder, notes))
        found += ((normalized(folder.name), file) for file in own)
        empty += [] if own else [folder]
    if empty and found:
        fix = "Put images in it, or take it away."
        raise DataError(*(Problem("a class folder without images", fix, "", Location(shown(f))) for f in empty))
    if found:
        _note_files_beside(path, notes)
    return found


def _note_files_beside(path: Path, notes: list[str]) -> None:
    beside = [f.name for f in path.iterdir() if f.is_file() and is_image(f) and not _is_hidden(f)]
    if beside:
        notes.append(f"{_count(len(beside), 'image')} beside the class folders of {shown(path)} left out: no class.")


def _images_in(folder: Path, notes: list[str]) -> Iterator[Path]:
    """Return the images in a folder and below it, sorted by folder, then by name; say what else is there.

    Links to files, and a class folder that is a link, are followed; links to folders below it are not, since they
    may lead round in a circle.
    """
    others: list[str] = []
    linked: list[str] = []
    walked = sorted(os.walk(folder, onerror=_raise), key=lambda entry: entry[0])
    for place, folders, files in walked:
        here = Path(place)
        if any(_is_hidden(Path(part)) for part in here.relative_to(folder).parts):
            continue
        linked += [str(here / name) for name in folders if (here / name).is_symlink()]
        for name in sorted(files):
            if name.startswith("."):
                continue
            if is_image(here / name):
                yield here / name
            else:
                others.append(name)
    if others:
        kinds = sorted({Path(name).suffix.lower() for name in others} & set(_OTHER_IMAGES))
        hint = f"; save {' and '.join(kinds)} as png" if kinds else ""
        first = f"'{others[0]}'" + (", ..." if len(others) > 1 else "")
        notes.append(f"{_count(len(others), 'file')} in {shown(folder)} left out: no image ({first}){hint}.")
    if linked:
        notes.append(f"{_count(len(linked), 'linked folder')} in {shown(folder)} left out: {shown(linked[0])}.")


def _raise(error: OSError) -> None:
    raise error


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name == "__MACOSX"


def _headers(files: Sequence[Path]) -> list[Header]:
    groups = [files[start : start + FILES_AT_ONCE] for start in range(0, len(files), FILES_AT_ONCE)]
    with _no_warnings(), ThreadPoolExecutor(max(2, os.cpu_count() or 1), "headers") as threads:
        looked_at = list(threads.map(_headers_of, groups))
    if problems := [problem for _, found in looked_at for problem in found]:
        raise DataError(*problems)
    return [header for headers, _ in looked_at for header in headers]


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Keep Pillow from warning of many pixels: they are counted here. (Filters hold for all threads.)"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _headers_of(files: Sequence[Path]) -> tuple[list[Header], list[Problem]]:
    """Return what some files say, and what is wrong with them."""
    headers: list[Header] = []
    problems: list[Problem] = []
    for file in files:
        try:
            if file.exists() and not file.is_file():  # a pipe would wait for ever
                raise DataError(broken_image(file))
            with file.open("rb") as handle:
                headers.append(_header(file, handle))
        except DataError as error:
            problems += error.problems
        except OSError as error:
            is_link = file.is_symlink() and not file.exists()
            what = "is a link to nothing" if is_link else f"cannot be read: {error.strerror}"
            problems.append(Problem(what, "", "", Location(shown(file))))
    return headers, problems


def _header(path: Path, handle: BinaryIO) -> Header:
    """Look at an image's header and hash the file.

    Raises:
        DataError: If it is no image, or has too many pixels.
    """
    from PIL import Image, UnidentifiedImageError

    where = Location(shown(path))
    digest = hashlib.file_digest(handle, "sha256").digest()  # type: ignore[arg-type]
    size = handle.tell()
    handle.seek(0)
    if not size:
        raise DataError(Problem("is empty", "Replace the file, or take it out of the folder.", "", where))
    try:
        with Image.open(handle, formats=_FORMATS) as image:
            (width, height), mode, kind = image.size, image.mode, str(image.format)
    except UnidentifiedImageError as error:
        if _other_kind(handle):
            fix = f"Its ending says {path.suffix}; save it as png."
            raise DataError(Problem("is an image of a format that is not read", fix, "", where)) from error
        raise DataError(broken_image(path)) from error
    except Image.DecompressionBombError as error:
        raise DataError(_too_large(where, "far too many")) from error
    except (OSError, ValueError, SyntaxError) as error:  # Pillow raises any of them for a damaged header
        raise DataError(broken_image(path)) from error
    if width * height > MOST_PIXELS:
        raise DataError(_too_large(where, f"{width:,} x {height:,}"))
    return Header(height, width, kind, mode, size, digest)


def _other_kind(handle: BinaryIO) -> bool:
    handle.seek(0)
    start = handle.read(16)
    return (
        start[:4] in (b"II*\0", b"MM\0*") or (start[:4] == b"RIFF" and start[8:12] == b"WEBP") or start[4:8] == b"ftyp"
    )


def _too_large(where: Location, many: str) -> Problem:
    return Problem(f"claims {many} pixels, more than dlrun decodes", "Make the image smaller.", "", where)


def _rows(
    path: Path, labels: Sequence[str | None], files: list[Path], headers: list[Header], config: Config, notes: list[str]
) -> Rows:
    import pandas as pd

    assert config.data is not None
    read = config.data.read
    odd = [(file, header) for file, header in zip(files, headers, strict=True) if not header.can_be(read.color_mode)]
    if odd:
        raise DataError(*(_unconvertible(file, header, read.color_mode) for file, header in odd))
    sizes = Counter((header.height, header.width) for header in headers)
    size = read.image_size or next(iter(sizes))
    if read.image_size is None and len(sizes) > 1:
        raise ConfigError(config.problem(("data", "read", "image_size"), *_mixed_sizes(path, sizes)))
    keys = np.array([header.digest for header in headers], dtype=object)
    images = lazy_images(files, size, set(sizes) != {size}, read, keys)
    notes += _colour_notes(path, headers, read.color_mode)
    columns = {} if labels[0] is None else {"label": np.array(labels, dtype=object)}
    return Rows(pd.DataFrame(columns, index=range(len(files))), {"image": images}, notes)  # type: ignore[dict-item]


def _unconvertible(file: Path, header: Header, color_mode: str) -> Problem:
    what = f"is a {header.format.lower()} image {header.colours}, which cannot be read as {color_mode}"
    return Problem(what.replace("image grey", "image in grey"), "Save it as png.", "", Location(shown(file)))


def _mixed_sizes(path: Path, sizes: Counter[tuple[int, int]]) -> tuple[str, str]:
    common = sizes.most_common(4)
    listed = ", ".join(f"{count:,} of {height} x {width}" for (height, width), count in common)
    more = f" and {len(sizes) - len(common):,} more sizes" if len(sizes) > len(common) else ""
    height, width = common[0][0]
    what = f"the images in {shown(path)} differ in size (height x width): {listed}{more}"
    return what, f"Say what they are to be resized to: read: {{image_size: [{height}, {width}]}}."


def _colour_notes(path: Path, headers: Sequence[Header], color_mode: str) -> list[str]:
    counts = Counter(header.colours for header in headers)
    if set(counts) == {"grey"} and CHANNELS[color_mode] > 1:
        said = f"read: {{color_mode: grayscale}} gives one channel in place of {CHANNELS[color_mode]}"
        return [f"All images in {shown(path)} are grey: {said}."]
    if len(counts) < 2:
        return []
    listed = ", ".join(f"{count:,} {colours}" for colours, count in counts.most_common())
    lost = "; transparency is left out" if "with transparency" in counts and color_mode != "rgba" else ""
    return [f"The images in {shown(path)} differ in colours: {listed}; all are read as {color_mode}{lost}."]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{' was' if number == 1 else 's were'}"
