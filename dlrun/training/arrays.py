"""The network's weights as arrays, in a file that can hold nothing else.

What is read may be a stranger's: each array's declared shape, dtype and size are compared with the network that was
built from the config before a single number is read, and nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from dlrun.errors import Problem, RunError
from dlrun.files import open_solid
from dlrun.run_dir import RunDir

if TYPE_CHECKING:
    from dlrun.config import Config

LARGEST_HEADER = 4096


def weights_to_bytes(model: Any) -> bytes:
    """Return the weights as an npz file; the same weights always give the same bytes."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **{_name(i): np.asarray(w) for i, w in enumerate(model.weights)})
    return content.getvalue()


def load_weights(model: Any, run_dir: RunDir) -> None:
    """Put a run's weights into the network that was built from its config.

    Args:
        model: The network.
        run_dir: The run; its `checkpoints/final.npz` must be what run.json says.

    Raises:
        RunError: If the file was changed or does not fit the network.
    """
    path = run_dir.arrays
    expected = [np.empty(0, dtype=w.dtype).dtype for w in model.weights]
    size = sum(int(np.prod(w.shape)) * t.itemsize for w, t in zip(model.weights, expected, strict=True))
    if run_dir.has(path) and path.stat().st_size > size + (len(expected) + 1) * LARGEST_HEADER:
        raise RunError(Problem(f"{path} is larger than this network's weights", _FIX))
    run_dir.verify(path)
    try:
        with run_dir.open(path) as file, zipfile.ZipFile(file) as archive:
            if sorted(archive.namelist()) != sorted(f"{_name(i)}.npy" for i in range(len(expected))):
                raise ValueError(f"it holds {len(archive.namelist())} arrays, the network {len(expected)}")
            arrays = [_read(archive, i, w.shape, expected[i]) for i, w in enumerate(model.weights)]
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise RunError(Problem(f"{path} does not fit this run's network: {error}", _FIX)) from error
    model.set_weights(arrays)


_FIX = "Train it again, or restore the folder from a copy."


def _read(archive: zipfile.ZipFile, index: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Read one array after its header was found to say what the network needs."""
    info = archive.getinfo(f"{_name(index)}.npy")
    size = int(np.prod(shape)) * dtype.itemsize
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > size + LARGEST_HEADER:
        raise ValueError(f"array {index} has {info.file_size} bytes, the network's {size}")
    with archive.open(info) as file:
        found_shape, fortran, found_dtype = _header(file)
        if (found_shape, fortran, found_dtype) != (tuple(shape), False, dtype):
            raise ValueError(f"array {index} is {found_dtype}{list(found_shape)}, the network's {dtype}{list(shape)}")
        content = file.read(size + 1)
    if len(content) != size:
        raise ValueError(f"array {index} has {len(content)} bytes of numbers, the network's {size}")
    return np.frombuffer(content, dtype=dtype).reshape(shape)


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    stream: BinaryIO = file
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("it was not written by dlrun")
    return np.lib.format.read_array_header_1_0(stream, max_header_size=LARGEST_HEADER)


def _name(index: int) -> str:
    return f"{index:05d}"


def _size(file: Path) -> int:
    """Return a file's bytes; 0 where they are mostly holes, which stand for no network."""
    try:
        with open_solid(file) as opened:
            return os.fstat(opened.fileno()).st_size
    except OSError:
        return 0


@contextlib.contextmanager
def weights_of(run_dir: RunDir, config: Config) -> Iterator[None]:
    """Build no larger network inside than the run's own arrays stand for: its config may be a stranger's.

    Raises:
        RunError: If the network is larger.
    """
    from dlrun.training.runtime import start_keras_for

    files = [run_dir.arrays, *run_dir.resume.glob("*/arrays.bin")]
    sizes = [_size(file) for file in files if run_dir.has(file)]
    if not sizes:  # nothing has been trained yet
        yield
        return
    start_keras_for(config)
    from dlrun.model.budget import weights_within  # imports Keras, which was started just now

    with weights_within(max(sizes)):
        yield
