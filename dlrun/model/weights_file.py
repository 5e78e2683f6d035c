"""Weights from a file on the disk: `.weights.h5`, or the weights in a `.keras` file, read as arrays only."""

from __future__ import annotations

import io
import math
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras

from dlrun.errors import ConfigError, Problem
from dlrun.files import open_plain
from dlrun.model.explain import explain

_MEMBER = "model.weights.h5"
_SLACK = 64 * 2**20  # bytes beside the arrays: names, and what HDF5 keeps of them
_GROUPS = ("layers", "_layer_checkpoint_dependencies", "vars")  # others are the optimizer's
_MOST_MEMBERS = 100_000


class _UnfitError(ValueError):
    """The file does not hold this network's weights."""


def read_weights(model: keras.Model, path: Path, problem: Callable[[str, str], Problem]) -> None:
    """Set a model's weights to those in a file.

    Nothing in the file but numbers is used. It is copied to where nobody else can change it; before an array is read,
    the shapes of all are compared with the model's, and links to anywhere else are refused.

    Args:
        model: The model.
        path: A file that Keras wrote of the same model: `.weights.h5` or `.keras`.
        problem: Makes the problem to tell, from what is wrong and how to mend it.

    Raises:
        ConfigError: If the file cannot be read, or holds the weights of another network.
    """
    fix = "The file must be of the same network with the same arguments: save it with model.save_weights."
    shapes = [tuple(variable.shape) for variable in model.weights]
    largest = 4 * sum(8 * math.prod(shape) for shape in shapes) + _SLACK  # the optimizer's may be in it, too
    try:
        content = _content(path, largest)
        _check(content, shapes)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.weights.h5"
            copy.write_bytes(content)
            model.load_weights(str(copy))
    except OSError as error:
        what = f"{path.name} cannot be read: {error.strerror or 'it is no HDF5 file'}"
        raise ConfigError(problem(what, fix if error.strerror is None else "")) from error
    except (_UnfitError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(problem(f"{path.name} does not fit: {explain(ValueError(str(error)))}", fix)) from error


def _content(path: Path, largest: int) -> bytes:
    """Return the bytes of the HDF5 file, taken out of a `.keras` file where it is one."""
    with open_plain(path) as file:
        if path.suffix.lower() != ".keras":
            return _bounded(file, largest)
        with zipfile.ZipFile(io.BytesIO(_bounded(file, largest))) as archive:
            if _MEMBER not in archive.namelist():
                raise _UnfitError(f"it holds no {_MEMBER}")
            with archive.open(_MEMBER) as member:
                return _bounded(member, largest)


def _bounded(file: Any, largest: int) -> bytes:
    content: bytes = file.read(largest + 1)
    if len(content) > largest:
        raise _UnfitError("it is far larger than the network's weights")
    return content


def _check(content: bytes, wanted: list[tuple[int, ...]]) -> None:
    """Make sure that the file holds arrays of the wanted shapes, all of them inside it."""
    found: list[tuple[int, ...]] = []
    with h5py.File(io.BytesIO(content), "r") as file:
        groups = [file[name] for name in _GROUPS if file.get(name, getlink=True) is not None and _is_hard(file, name)]
        seen = 0
        while groups:
            group = groups.pop()
            for name in group:
                seen += 1
                if seen > _MOST_MEMBERS or not _is_hard(group, name):
                    raise _UnfitError("it holds links")
                member = group[name]
                if isinstance(member, h5py.Group):
                    groups.append(member)
                elif member.external or member.is_virtual or member.dtype.kind not in "biuf":
                    raise _UnfitError(f"'{member.name}' is no plain array of numbers")
                else:
                    found.append(tuple(member.shape))
    if Counter(found) != Counter(wanted):
        raise _UnfitError(_difference(found, wanted))


def _is_hard(group: h5py.Group, name: str) -> bool:
    return isinstance(group.get(name, getlink=True), h5py.HardLink)


def _difference(found: list[tuple[int, ...]], wanted: list[tuple[int, ...]]) -> str:
    missing = sorted((Counter(wanted) - Counter(found)).elements())
    excess = sorted((Counter(found) - Counter(wanted)).elements())
    parts = [
        f"{len(shapes)} array{'s' if len(shapes) > 1 else ''} {word}, such as {shapes[0]}"
        for shapes, word in ((missing, "of the network lack in it"), (excess, "in it are not the network's"))
        if shapes
    ]
    return "; ".join(parts)
