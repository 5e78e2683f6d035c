"""Whether rows are read whole, or a piece at a time: as the config says, or by how much memory they would take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.checks.stream import unstreamable
from dlrun.data.find_files import find_files
from dlrun.data.image_names import is_image
from dlrun.data.names import column_name
from dlrun.data.sources import pieces
from dlrun.errors import ConfigError, DataError
from dlrun.lazy_rows import LazyRows
from dlrun.memory import machine_memory

if TYPE_CHECKING:
    from dlrun.config.config import Config

SHARE_OF_MEMORY = 0.2  # of the machine's; a table whose cells take more is read a piece at a time by itself
_CELL = 8  # bytes
_FLOAT = 4


def must_stream(config: Config) -> str | None:
    """Return why the rows are to be read a piece at a time; None if they are read whole.

    Raises:
        ConfigError: If the config asks for it, and for what cannot be done so.
    """
    assert config.data is not None
    if config.data.stream is False:
        return None
    if holds_images(config):
        return None  # their rows are lazy, and decided upon once they are counted
    keys = (config.data.source, config.data.validation_source, config.data.test_source)
    patterns = [pattern for sources in keys for pattern in sources or ()]
    if config.data.stream is None:
        size, memory = _size_in_memory(patterns), machine_memory()
        if size <= SHARE_OF_MEMORY * memory or any(unstreamable(config)):
            return None
        sizes = f"{size / 2**30:.1f} GiB, of {memory / 2**30:.0f} GiB of memory"
        return f"The data take {sizes}: rows are read a piece at a time and stay on disk (stream)."
    endings = {path.suffix.lower() for path in find_files(patterns)}
    problems = list(unstreamable(config))
    problems += [
        config.problem(("data", "stream"), f"{ending} files cannot be read a piece at a time", "Save them as parquet.")
        for ending in sorted(endings)
        if not pieces.can_be_read_in_pieces(ending)
    ]
    if problems:
        raise ConfigError(*problems)
    return "Rows are read a piece at a time and stay on disk (stream)."


def must_stream_new(sources: Iterable[str | Path], config: Config) -> bool:
    """Tell whether new rows for a trained model are read a piece at a time: not if they are one piece, or cannot be."""
    assert config.data is not None
    if config.data.stream is False or any(unstreamable(config)):
        return False
    size = _size_in_memory(map(str, sources))
    return size > (pieces.BYTES if config.data.stream else SHARE_OF_MEMORY * machine_memory())


def holds_images(config: Config) -> bool:
    """Tell whether the rows are images in files of their own."""
    assert config.data is not None
    try:
        files = find_files(config.data.source)
    except DataError:
        return False  # whoever reads them will say what is wrong
    return all(file.is_dir() or is_image(file) for file in files)


def in_memory(tensors: Mapping[str, Any], config: Config) -> tuple[dict[str, Any], list[str]]:
    """Return columns with the decision whether lazy rows stay so, and what to say of it.

    Where there is room for them, the rows of a part are decoded once, into the array that the network takes.
    """
    assert config.data is not None
    lazy = {name: rows for name, rows in tensors.items() if isinstance(rows, LazyRows)}
    steps = {column_name(name): own for name, own in config.preprocessing.columns.items()}
    made = sum(_FLOAT * int(np.prod(rows.shape)) for name, rows in lazy.items() if steps.get(name))
    size, memory = made + sum(rows.nbytes for rows in lazy.values()), machine_memory()
    fits = config.data.stream is None and size <= SHARE_OF_MEMORY * memory
    if not lazy or config.data.stream is False or fits:
        return dict(tensors), []
    tensors = {**tensors, **{name: replace(rows, stays=True) for name, rows in lazy.items()}}
    why = f"The images take {size / 2**30:.1f} GiB, of {memory / 2**30:.0f} GiB of memory: they"
    said = "Images" if config.data.stream else why
    return dict(tensors), [f"{said} stay in their files, and are decoded batch by batch (stream)."]


def _size_in_memory(patterns: Iterable[str]) -> int:
    """Return about how many bytes the files' cells take; 0 if they cannot be read a piece at a time."""
    try:
        files = find_files(patterns)
    except DataError:
        return 0  # whoever reads them will say what is wrong
    return sum(map(_cells_of, files)) if all(pieces.can_be_read_in_pieces(f.suffix.lower()) for f in files) else 0


def _cells_of(file: Path) -> int:
    if file.suffix.lower() != ".parquet":
        return file.stat().st_size  # a number and its comma take about as much
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(file)
    except (pa.ArrowInvalid, OSError):
        return 0
    return int(_CELL * metadata.num_rows * metadata.num_columns)
