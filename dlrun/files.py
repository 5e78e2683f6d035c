"""Files written whole or not at all, strict JSON, and disk errors told as such."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import Any

from dlrun.errors import DiskError, Problem

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
# Control and format characters and lone surrogates: they would steer a terminal, or could not be written as UTF-8.
_HIDDEN = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
_OF_THE_SYSTEM = (Path("/dev"), Path("/dev/fd"))  # not /dev/shm, where everybody may make links
_LARGE = 2**30  # bytes; smaller files are read in a moment, whatever they hold
_MOST_PIECES = 4096  # of a file, between holes
DISK_ERRORS = frozenset({errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO, errno.EFBIG})

_FIXES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "Free some space and start again.") | {
    errno.EFBIG: "Raise the limit on the size of a file (ulimit -f), or write to a disk that takes larger ones."
}


def is_url(path: str | Path) -> bool:
    """Tell whether somebody means a URL; a Path has already lost one of its slashes."""
    return _URL.match(str(path)) is not None


def open_plain(path: Path) -> BufferedReader:
    """Open an ordinary file for reading.

    Raises:
        OSError: If it is a link, a pipe or a device: opening one could wait or read for ever, or be another file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link", str(path)) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    return os.fdopen(descriptor, "rb")


def open_solid(path: Path) -> BufferedReader:
    """Open an ordinary file of a run for reading.

    Raises:
        OSError: If it is none, or huge and mostly holes: such a one comes in a small archive, and its zeros take for
            ever. dlrun writes none, and a disk that packs zeros away leaves more of a file than that.
    """
    file = open_plain(path)
    if os.fstat(file.fileno()).st_size >= _LARGE and hasattr(os, "SEEK_DATA") and _is_hollow(file.fileno()):
        file.close()
        raise OSError(errno.EINVAL, "it is huge, and mostly holes", str(path))
    file.seek(0)
    return file


def _is_hollow(descriptor: int) -> bool:
    least = os.fstat(descriptor).st_size // 16
    position = held = 0
    for _ in range(_MOST_PIECES):
        try:
            begin = os.lseek(descriptor, position, os.SEEK_DATA)
            position = os.lseek(descriptor, begin, os.SEEK_HOLE)
        except OSError:  # nothing but a hole up to the end
            break
        held += position - begin
        if held > least:
            return False
    return True


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of an ordinary file's bytes, in hexadecimal.

    Raises:
        OSError: As `open_solid`.
    """
    with open_solid(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def strict(value: Any) -> Any:
    """Return `value` as strict JSON holds it: plain types, text keys, null for NaN and the infinities."""
    if isinstance(value, Mapping):
        return {str(key): strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [strict(item) for item in value]
    if hasattr(value, "tolist"):  # a NumPy scalar or array
        return strict(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)


def write_atomically(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write `content`, whole or in pieces, beside `path`, push it to the disk, and rename it over `path`."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in [content] if isinstance(content, bytes) else content:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 (the system call's own name says what happens)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_output(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file that the user named (`-o`): whole or not at all, but into a device or pipe, not over it.

    A link is replaced, for it may be a stranger's; such as /dev/stdout are the system's and are followed.

    Raises:
        DiskError: If it cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        followed = path.absolute().parent in _OF_THE_SYSTEM or not path.is_symlink()
        if followed and path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as file:
                file.writelines([content] if isinstance(content, bytes) else content)
        else:
            write_atomically(path.resolve() if followed else path, content)


def sync_folder(folder: Path) -> None:
    """Push a rename to the disk; Windows has no way to, and does it by itself."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def json_text(value: Any) -> str:
    """Return `value` as strict, readable JSON: NaN and the infinities become null, hidden characters `\\u...`."""
    text = json.dumps(strict(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def parse_json(text: str) -> Any:
    """Return what strict JSON says.

    Raises:
        ValueError: If it is not strict JSON (a bare NaN is not), or nested too deeply.
    """
    try:
        return _strict_json().decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


@cache
def _strict_json() -> json.JSONDecoder:
    """Return the decoder; made once, for thousands of small files."""
    return json.JSONDecoder(parse_constant=_refuse_constant)


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not strict JSON")


@contextlib.contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Turn a full, read-only or broken disk, met by whoever writes inside, into a DiskError.

    Args:
        place: Where they write, for errors that do not name their file.

    Raises:
        DiskError: In place of such an OSError; any other passes.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        raise _disk_error(error, error.filename or place) from error


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn every OSError into a DiskError: here it is dlrun that writes, at a place that should be writable."""
    try:
        yield
    except OSError as error:
        raise _disk_error(error, path) from error


def _disk_error(error: OSError, path: object) -> DiskError:
    fix = _FIXES.get(error.errno or 0, "")
    return DiskError(Problem(f"cannot write {path}: {error.strerror or error}", fix))
