"""Checkpoints on the disk: everything that training needs to go on as if it had never stopped.

A checkpoint is a folder that appears whole or not at all: it is written aside, pushed to the disk, and renamed. It has
three files: `arrays.bin` (numbers, one array after the other), `state.json` (everything else, and the arrays' shapes),
and `SHA256SUMS` of the two. Nothing in it can be executed. The last two are kept, so that a damaged one costs little.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.files import json_text, open_solid, parse_json, sync_folder, writing

Array = np.ndarray[Any, Any]
ARRAYS, STATE, SUMS = "arrays.bin", "state.json", "SHA256SUMS"
KEPT = 2
LARGEST_STATE = 64 * 2**20
FORMAT = 1
_NUMBERED = re.compile(r"\d{6,}")
_UNFINISHED = ".unfinished-"


class DamagedError(ValueError):
    """A checkpoint is not what was written."""


@dataclass(frozen=True)
class Checkpoint:
    """The moment at which training stands.

    Args:
        state: Strict JSON.
        arrays: Groups of arrays by name (`variables`, `optimizer`, ...).
    """

    state: Mapping[str, Any]
    arrays: Mapping[str, Sequence[Array]]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint as the newest of `folder`, and remove all but the last two.

    Raises:
        DiskError: If it cannot be written; those that were there stay as they are.
    """
    with writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{_number(_numbered(folder)[-1:]) + 1:06d}"
        unfinished = Path(tempfile.mkdtemp(dir=folder, prefix=_UNFINISHED))
        try:
            _write_parts(unfinished, checkpoint)
            unfinished.rename(path)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        sync_folder(folder)
    _remove_old(folder)
    return path


def read_checkpoints(folder: Path) -> Iterator[tuple[Path, Checkpoint | DamagedError]]:
    """Yield the checkpoints of a folder, newest first, or why one cannot be used."""
    for path in reversed(_numbered(folder)):
        try:
            yield path, read_checkpoint(path)
        except DamagedError as error:
            yield path, error


def read_checkpoint(path: Path) -> Checkpoint:
    """Return a checkpoint.

    Raises:
        DamagedError: If a file is missing, has changed, or does not hold what it should.
    """
    try:
        state_text, sums = _read(path / STATE, LARGEST_STATE), _read(path / SUMS, 4096)
        arrays_sum, content = _read_arrays(path / ARRAYS)
    except OSError as error:
        raise DamagedError(f"{Path(error.filename or path).name}: {error.strerror or error}") from error
    if sums != _sums(arrays_sum, hashlib.sha256(state_text).hexdigest()):
        raise DamagedError("it has changed since it was written")
    try:
        whole = parse_json(state_text.decode("utf-8"))
        if whole["format"] != FORMAT:
            raise DamagedError(f"it has format {whole['format']}, this dlrun reads {FORMAT}")
        if not isinstance(whole["state"], dict):
            raise DamagedError("its state is no mapping")
        return Checkpoint(whole["state"], _cut(content, whole["arrays"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"it holds what dlrun does not write: {error}") from error


def _write_parts(folder: Path, checkpoint: Checkpoint) -> None:
    shapes = {name: [[str(a.dtype), list(a.shape)] for a in group] for name, group in checkpoint.arrays.items()}
    state = json_text({"format": FORMAT, "state": checkpoint.state, "arrays": shapes}).encode("utf-8")
    contents = (_bytes_of(array) for group in checkpoint.arrays.values() for array in group)
    arrays_sum = _write(folder / ARRAYS, contents)
    state_sum = _write(folder / STATE, [state])
    _write(folder / SUMS, [_sums(arrays_sum, state_sum)])
    sync_folder(folder)


def _bytes_of(array: Array) -> bytes | memoryview:
    """Return the array's bytes, without a copy of large ones; a memoryview knows no bfloat16."""
    if array.dtype.kind not in "biuf" or not array.size:
        return array.tobytes()
    return np.ascontiguousarray(array).data.cast("B")


def _write(path: Path, contents: Any) -> str:
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for content in contents:
            digest.update(content)
            file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _sums(arrays: str, state: str) -> bytes:
    """Return the content of SHA256SUMS, which `sha256sum -c` reads, too."""
    return f"{arrays}  {ARRAYS}\n{state}  {STATE}\n".encode()


def _read(path: Path, largest: int) -> bytes:
    with open_solid(path) as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise DamagedError(f"{path.name} is too large")
    return content


def _read_arrays(path: Path) -> tuple[str, bytes]:
    with open_solid(path) as file:
        content = file.read()
    return hashlib.sha256(content).hexdigest(), content


def _cut(content: bytes, shapes: Mapping[str, Any]) -> dict[str, list[Array]]:
    """Return the arrays in `content`; the shapes must account for every byte of it."""
    found: dict[str, list[Array]] = {}
    at = 0
    for name, group in shapes.items():
        found[name] = []
        for type_name, shape in group:
            dtype = np.dtype(type_name)
            if dtype.hasobject or not all(type(size) is int and size >= 0 for size in shape):
                raise ValueError(f"{type_name}{shape} is no array of numbers")
            count = math.prod(shape)
            if at + count * dtype.itemsize > len(content):
                raise ValueError("there are fewer numbers than the shapes say")
            found[name].append(np.frombuffer(content, dtype, count, at).reshape(shape))
            at += count * dtype.itemsize
    if at != len(content):
        raise ValueError("there are more numbers than the shapes say")
    return found


def _numbered(folder: Path) -> list[Path]:
    """Return the checkpoints, oldest first; links are none."""
    if not folder.is_dir() or folder.is_symlink():
        return []
    found = [path for path in folder.iterdir() if _NUMBERED.fullmatch(path.name)]
    return sorted((path for path in found if path.is_dir() and not path.is_symlink()), key=lambda p: int(p.name))


def _number(last: Sequence[Path]) -> int:
    return int(last[0].name) if last else 0


def _remove_old(folder: Path) -> None:
    """Remove all but the last two, and what a killed process left; nothing depends on it, so it may fail."""
    with contextlib.suppress(OSError):
        for path in _numbered(folder)[:-KEPT]:
            path.rename(folder / f"{_UNFINISHED}{path.name}")  # so that no half of it is taken for a checkpoint
    for path in folder.glob(f"{_UNFINISHED}*"):
        if not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
