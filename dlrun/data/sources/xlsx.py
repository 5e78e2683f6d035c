"""Excel's xlsx files, read by openpyxl: values only, one sheet."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from dlrun.data.names import checked_names
from dlrun.data.sources.source import Rows, Source
from dlrun.errors import did_you_mean

if TYPE_CHECKING:
    import pandas as pd


def read_xlsx(source: Source) -> Rows:
    """Read a sheet: `read.sheet_name` by name or place, else the first.

    Raises:
        DataError: If it is no xlsx file, or the sheet is empty.
        ConfigError: If there is no such sheet.
    """
    import pandas as pd

    read = source.read
    try:
        book = pd.ExcelFile(source.handle, engine="openpyxl")
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise source.error("is no xlsx file", "Save it as .xlsx, or as .csv.") from error
    with book:
        sheet = _sheet(source, [str(name) for name in book.sheet_names])
        header = (
            None if read.names is not None and not source.config.is_given(("data", "read", "header")) else (read.header)
        )
        cells = pd.read_excel(
            book,
            sheet_name=sheet,
            header=None,
            skiprows=read.skiprows,
            na_values=list(read.na_values),
            keep_default_na=read.keep_default_na,
            dtype=object,
        )
    return Rows(_with_header(source, cells, header))


def _sheet(source: Source, sheets: list[str]) -> str:
    wanted = source.read.sheet_name
    if isinstance(wanted, int) and 0 <= wanted < len(sheets):
        return sheets[wanted]
    if str(wanted) in sheets:
        return str(wanted)
    raise source.wrong_option("sheet_name", f"no sheet '{wanted}'", did_you_mean(str(wanted), sheets))


def _with_header(source: Source, cells: pd.DataFrame, header: int | None) -> pd.DataFrame:
    """Return the cells below the header under its names; rows without any value are left out."""
    read = source.read
    cells = cells.dropna(how="all")
    if header is not None and len(cells) <= header:
        raise source.error("the sheet is empty")
    if header is None:
        raw = [str(n) for n in range(cells.shape[1])]
    else:
        raw = ["" if cell != cell or cell is None else str(cell) for cell in cells.iloc[header].tolist()]
        cells = cells.iloc[header + 1 :]
    if read.names is not None and len(read.names) != len(raw):
        raise source.wrong_option("names", f"{len(read.names)} names for {len(raw)} columns")
    names = checked_names(raw if read.names is None else read.names, source.path)
    if cells.empty:
        raise source.error("has a header but no rows below it")
    frame = cells.set_axis(names, axis=1).reset_index(drop=True)
    if read.usecols is not None:
        source.check_columns("usecols", read.usecols, names)
        frame = frame[[name for name in names if name in read.usecols]]
    return frame
