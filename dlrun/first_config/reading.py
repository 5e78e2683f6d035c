"""How a file has to be read, found out from the file, and its rows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.data.find_files import find_files
from dlrun.data.names import shown
from dlrun.errors import DataError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config.config import Config

TABLES = (".csv", ".tsv", ".txt", ".data", ".parquet", ".xlsx", ".jsonl")


def read_anything(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the rows of a table, and the options of `data.read` that it takes to read them.

    Raises:
        DataError: If there is no such file, it is no table, or cannot be read whatever the options.
    """
    from dlrun.data.first_line import TEXT_ENDINGS
    from dlrun.data.read import read_table

    (file,) = find_files([path])[:1]
    if file.suffix.lower() not in TABLES:
        fix = f"It looks at tables: {', '.join(ending.lstrip('.') for ending in TABLES)}. See `dlrun recipes ls`."
        raise DataError(Problem(f"init writes no config for {shown(file)}", fix))
    options = _options(file) if file.suffix.lower() in TEXT_ENDINGS else {}
    table, _ = read_table([file], _config(file, options))
    if options.get("sep") == ";" and _has_decimal_commas(table.frame):
        options["decimal"] = ","
        table, _ = read_table([file], _config(file, options))
    return table.frame, options


def _config(file: Path, options: dict[str, Any]) -> Config:
    from dlrun.config.config import make_config

    return make_config({"name": "init", "layers": (), "data": {"source": (str(file),), "read": options}})


def _options(file: Path) -> dict[str, Any]:
    from dlrun.data.encoding import guess_encoding, marked
    from dlrun.data.sources.layout import SPACES, layout_of, likely_separator, records

    options: dict[str, Any] = {}
    with file.open("rb") as handle:
        told = guess_encoding(handle)
        encoding = told or marked(handle.read(4)) or "utf-8"
        handle.seek(0)
        if told:
            options["encoding"] = told
        text = io.TextIOWrapper(handle, encoding, errors="replace", newline="")
        first = _first(records(text, layout_of(file, _config(file, options))))
        sep = likely_separator(first, layout_of(file, _config(file, options)))
        if sep is None and len(first) == 1 and len(first[0].split()) > 1 and all(map(_is_number, first[0].split())):
            sep = SPACES
        if sep is not None:
            options["sep"] = sep
            first = _first(records(text, layout_of(file, _config(file, options))))
    if first and all(map(_is_number, first)):
        options["header"] = None
    return options


def _first(lines: Any) -> list[str]:
    return next((fields for fields in lines if any(field.strip() for field in fields)), [])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _has_decimal_commas(frame: pd.DataFrame) -> bool:
    texts = [frame[name].dropna() for name in frame.columns if frame[name].dtype == object]
    return any(len(cells) and cells.astype(str).str.fullmatch(r"\s*[+-]?\d+,\d+\s*").mean() > 0.5 for cells in texts)
