"""The lines that read files: pandas's readers with the config's `read` options, or NumPy for npz."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.data.image_names import ENDINGS
from dlrun.export.facts import Facts, folder_of
from dlrun.export.source import Code, Lines, Unwritable, call, literal

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.schema import ReadConfig

TEXT = (".csv", ".tsv", ".txt", ".data")
TABLES = (*TEXT, ".parquet", ".xlsx", ".jsonl")
IMAGE = "image"  # the column of a folder's images
_MAGIC = "*?["


def read_lines(config: Config, facts: Facts, sources: Sequence[str], beside: Path, problems: Unwritable) -> Lines:
    """Return lines after which `data` is a DataFrame of all rows, and with npz files `arrays` their arrays.

    Args:
        config: The config.
        facts: Facts about its data.
        sources: The files.
        beside: The folder that the script is written to.
        problems: Takes what cannot be written.
    """
    assert config.data is not None
    endings = {Path(source).suffix.lower() for source in sources}
    paths = [folder_of(source, beside) for source in sources]
    if endings == {".npz"} and len(paths) == 1:
        return _npz(paths[0])
    if len(paths) == 1 and facts.kinds.get(IMAGE) == "tensor" and endings.isdisjoint(TABLES):
        return _images(config, paths[0], facts)
    if len(endings) > 1 or not endings <= {*TEXT, *TABLES}:
        problems.add("data.source", f"read {' and '.join(sorted(endings)) or 'a folder'} files of such a kind")
        return []
    ending = endings.pop()
    globs = [any(sign in path for sign in _MAGIC) and not Path(path).exists() for path in paths]
    if len(paths) == 1 and not globs[0]:
        lines = [f"data = {reader(config, ending, literal(paths[0]))}"]
    else:
        lines = _many(config, ending, paths, globs)
    return [*lines, *_header_lines(config, ending), *_dates(config.data.read, ending)]


def _npz(path: str) -> Lines:
    return [
        f"arrays = dict(np.load({literal(path)}))",
        "data = pd.DataFrame({name: array for name, array in arrays.items() if array.ndim == 1})",
    ]


def _images(config: Config, folder: str, facts: Facts) -> Lines:
    """Return the lines that read a folder of images whose sub-folders are the classes."""
    assert config.data is not None
    read = config.data.read
    channels = facts.shapes[next(name for name in facts.shapes)][0][-1]
    resize = []
    if read.image_size is not None:
        resize = [
            f"    pixels = tf.image.resize(pixels, {literal(tuple(read.image_size))}, {literal(read.interpolation)})"
        ]
    return [
        "# A folder for each class; in order of class, then of the files' names.",
        f"files = [f for f in sorted(Path({literal(folder)}).glob('*/*')) if f.suffix.lower() in {literal(ENDINGS)}]",
        'data = pd.DataFrame({"label": [file.parent.name for file in files]})',
        "",
        "",
        "def read_image(file):",
        '    """Return an image\'s pixels, 0 to 255, (height, width, channels)."""',
        "    content = tf.io.read_file(str(file))",
        f"    pixels = tf.io.decode_image(content, channels={channels}, expand_animations=False)",
        *resize,
        '    return np.asarray(pixels, dtype="float32")',
        "",
        "",
        f'arrays = {{"{IMAGE}": np.stack([read_image(file) for file in files])}}',
    ]


def _many(config: Config, ending: str, paths: list[str], globs: list[bool]) -> Lines:
    parts = [
        f"*sorted(glob.glob({literal(path)}))" if is_glob else str(literal(path))
        for path, is_glob in zip(paths, globs, strict=True)
    ]
    one = reader(config, ending, Code("path"))
    return [f"data = pd.concat([{one} for path in [{', '.join(parts)}]], ignore_index=True)"]


def reader(config: Config, ending: str, path: Code) -> Code:
    """Return the call that reads one file."""
    assert config.data is not None
    read = config.data.read
    if ending in TEXT:
        return call("pd.read_csv", path, **_csv_options(config, ending))
    if ending == ".parquet":
        return call("pd.read_parquet", path)
    if ending == ".xlsx":
        sheet = {"sheet_name": read.sheet_name} if read.sheet_name else {}
        return call("pd.read_excel", path, **sheet, **_given(read, ("header", "usecols", "na_values", "skiprows")))
    return call("pd.read_json", path, lines=True, **({"encoding": read.encoding} if read.encoding else {}))


def _csv_options(config: Config, ending: str) -> dict[str, Any]:
    assert config.data is not None
    read = config.data.read
    sep = read.sep or ("\t" if ending == ".tsv" else None)
    names = (
        "encoding", "skiprows", "comment", "skipinitialspace", "quotechar", "decimal", "thousands", "na_values",
        "keep_default_na", "true_values", "false_values", "usecols",
    )  # fmt: skip
    options: dict[str, Any] = {} if sep is None else {"sep": sep}
    options |= _given(read, names)
    if read.names is not None:
        without = not config.is_given(("data", "read", "header")) or read.header is None
        options |= {"header": None if without else read.header, "names": list(read.names)}
    elif read.header != 0:
        options["header"] = read.header
    dtypes = {name: "str" for name, dtype in read.dtype.items() if dtype in ("str", "string", "text", "object")}
    return {**options, "dtype": dtypes} if dtypes else options


def _given(read: ReadConfig, names: Sequence[str]) -> dict[str, Any]:
    """Return the options that differ from their defaults."""
    fields = type(read).model_fields
    values = {name: getattr(read, name) for name in names}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value != fields[name].default
    }


def _header_lines(config: Config, ending: str) -> Lines:
    assert config.data is not None
    read = config.data.read
    nameless = ending in TEXT and read.names is None and read.header is None
    return ["data.columns = data.columns.astype(str)"] if nameless else []


def _dates(read: ReadConfig, ending: str) -> Lines:
    if ending not in TEXT:
        return []
    form: Mapping[str, Any] = {"format": read.date_format} if read.date_format else {}
    return [f"data[{literal(name)}] = {call('pd.to_datetime', Code(f'data[{literal(name)}]'), **form)}"
            for name in read.parse_dates]  # fmt: skip
