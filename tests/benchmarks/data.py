"""The tables, made once from fixed seeds into a folder of the temp directory; nothing is committed.

Numbers are rounded to four digits, so that a CSV has the size of a real one, and have a signal in them that a network
can learn. Large tables are made and written in pieces. NumPy and pyarrow are imported inside: the runner makes data in
a process of its own (see measure.py).
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.cases import DIGITS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

VERSION = 1  # raise it when a generator changes, so that no old table is used
CELLS_AT_ONCE = 2_000_000
ENDINGS = {"conv": "npz", "stream": "parquet"}
NEAR_WATER = ("<1H OCEAN", "INLAND", "ISLAND", "NEAR BAY", "NEAR OCEAN")


def data_folder() -> Path:
    """Return the folder of the tables, which only its owner can open."""
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir()) / f"dlrun-benchmarks-{owner}-v{VERSION}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or (hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()):
        raise SystemExit(f"{folder} belongs to somebody else; set TMPDIR to a folder of your own")
    return folder


def ready(path: Path, make: Callable[..., None], *arguments: object) -> Path:
    """Make a file in a process of its own unless it is there; it gets its name when it is whole."""
    if not path.exists():
        partial = path.with_name(f"{os.getpid()}.{path.name}")
        process = multiprocessing.get_context("spawn").Process(target=make, args=(partial, *arguments))
        process.start()
        process.join()
        if process.exitcode:
            partial.unlink(missing_ok=True)
            raise SystemExit(f"{path.name} could not be made")
        partial.replace(path)
    return path


def make_case_data(path: Path, name: str, rows: int | None = None) -> None:
    """Write the table of a case, whole or (for a quick look) a few rows of it."""
    if name == "conv":
        shutil.copyfile(DIGITS, path)
    elif name == "lstm":
        _write(path, [_series(rows or 10_000)])
    elif name == "windows":
        _write(path, [_series(rows or 1_000_000, 8)])
    elif name == "text":
        _write(path, [_texts(rows or 10_000)])
    elif name == "housing":
        _write(path, [_housing(rows or 20_640)])
    else:
        default, columns, task = {
            "small": (768, 8, "binary"),
            "large": (200_000, 50, "classes"),
            "wide": (10_000, 1000, "binary"),
            "stream": (2_000_000, 20, "regression"),
        }[name]
        make_table(path, rows or default, columns, task)


def case_file(name: str) -> str:
    """Return the name of a case's table."""
    return f"{name}.{ENDINGS.get(name, 'csv')}"


def make_table(path: Path, rows: int, columns: int, task: str) -> None:
    """Write `rows` of `columns` numbers `x0`, `x1`, ... of different sizes, and a column `y` that depends on eight."""
    _write(path, _pieces(rows, columns, task))


def _pieces(rows: int, columns: int, task: str) -> Iterator[pa.Table]:
    import pyarrow as pa

    random = _generator(f"{rows} {columns} {task}")
    at_once = max(1, CELLS_AT_ONCE // columns)
    for start in range(0, rows, at_once):
        x = random.standard_normal((min(at_once, rows - start), columns))
        y = _signal(x) + 0.5 * random.standard_normal(len(x))
        scales = 10.0 ** (-1 + 3 * (_positions(columns) % 7) / 6)  # from 0.1 to 100
        shown = {f"x{i}": (x[:, i] * scales[i] + 2 * scales[i]).round(4) for i in range(columns)}
        yield pa.table(shown | {"y": _target(y, task)})


def _signal(x: np.ndarray) -> np.ndarray:
    """Return a smooth function of the first eight columns with a spread of about 1."""
    import numpy as np

    used = x[:, :8]
    weights = 1 / (1 + _positions(used.shape[1]))
    return (used @ weights + used[:, 0] * used[:, 1] + np.sin(2 * used[:, 2])) / 2


def _target(y: np.ndarray, task: str) -> np.ndarray:
    import numpy as np

    if task == "binary":
        return (y > 0).astype(np.int64)
    if task == "classes":
        return np.digitize(y, [-1.0, -0.3, 0.3, 1.0])
    return y.round(4)


def _housing(rows: int) -> pa.Table:
    """A stand-in for the housing table: twelve numbers, one text column of five kinds, a price."""
    import numpy as np
    import pyarrow as pa

    random = _generator("housing")
    x = random.standard_normal((rows, 12))
    kind = random.choice(len(NEAR_WATER), size=rows, p=[0.44, 0.32, 0.01, 0.11, 0.12])
    price = 200_000 * np.exp(0.4 * _signal(x) + 0.1 * kind + 0.2 * random.standard_normal(rows))
    numbers = {f"x{i}": (np.exp(0.5 * x[:, i]) * 10 ** (i % 4)).round(4) for i in range(12)}
    return pa.table(numbers | {"ocean_proximity": [NEAR_WATER[k] for k in kind], "price": price.round(0)})


def _series(rows: int, columns: int = 5) -> pa.Table:
    """Hourly measurements with a daily wave and a memory; `load` is to be forecast."""
    import numpy as np
    import pyarrow as pa

    random = _generator("series")
    hours = np.arange(rows)
    time = np.datetime64("2020-01-01T00:00:00") + hours.astype("timedelta64[h]")
    noise = random.standard_normal((rows, columns))
    for i in range(1, rows):
        noise[i] += 0.8 * noise[i - 1]
    wave = np.sin(2 * np.pi * hours / 24)
    others = {f"sensor{i}": (10 * i + wave * i + noise[:, i]).round(4) for i in range(1, columns)}
    load = (100 + 20 * wave + 5 * noise[:, 0] + 3 * np.roll(noise[:, 1], 2)).round(4)
    return pa.table({"time": np.datetime_as_string(time), "load": load} | others)


def _texts(rows: int) -> pa.Table:
    """Reviews of 5 to 40 made-up words, some of which are kind and some unkind."""
    import numpy as np
    import pyarrow as pa

    random = _generator("texts")
    syllables = [c + v for c in "bdfgklmnprst" for v in "aeiou"]
    words = np.array(sorted({"".join(random.choice(syllables, size=3)) for _ in range(6000)}))
    mood = np.where(_positions(len(words)) % 10 == 0, 1, np.where(_positions(len(words)) % 10 == 5, -1, 0))
    common = 1 / (10 + random.permutation(len(words)))
    reviews, kind = [], []
    for length in random.integers(5, 41, size=rows):
        chosen = random.choice(len(words), size=length, p=common / common.sum())
        reviews.append(" ".join(words[chosen]))
        kind.append(int(mood[chosen].sum() + random.standard_normal() > 0))
    return pa.table({"review": reviews, "kind": kind})


def _write(path: Path, pieces: Iterator[pa.Table] | list[pa.Table]) -> None:
    """Write the pieces below each other, in the format of the file's ending."""
    import pyarrow.csv
    import pyarrow.parquet

    writer = None
    for piece in pieces:
        if writer is None:
            kind = pyarrow.parquet.ParquetWriter if path.suffix == ".parquet" else pyarrow.csv.CSVWriter
            writer = kind(str(path), piece.schema)
        writer.write_table(piece)
    if writer is not None:
        writer.close()


def _generator(text: str) -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(zlib.crc32(text.encode()))


def _positions(count: int) -> np.ndarray:
    import numpy as np

    return np.arange(count)
