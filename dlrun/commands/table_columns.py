"""The columns of a config's table, found before anything heavy is imported."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlrun.errors import DataError

if TYPE_CHECKING:
    from dlrun.config import Config


def table_columns(config: Config) -> list[str] | None:
    """Return the columns after `prepare`, by the first file's first lines; None where they do not tell.

    Raises:
        DataError: If a file is not there; it says at which line of the config.
    """
    from dlrun.data.columns import columns_of
    from dlrun.data.find_files import find_files

    if config.data is None or not config.data.source:  # a source that was refused, such as a URL, is not there
        return None
    problems = []
    for key in ("source", "validation_source", "test_source"):
        try:
            find_files(getattr(config.data, key) or ())
        except DataError as error:
            place = config.problem(("data", key), "")
            problems += [replace(p, where=place.where, location=place.location) for p in error.problems]
    if problems:
        raise DataError(*problems)
    return columns_of(config)
