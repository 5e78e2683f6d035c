"""What a reader is given and what it returns.

A reader is a function `(Source) -> Rows`, registered in `dlrun.catalog.SOURCES` by the file's ending. It is given an
open file, never a name, so that nothing but a local file can be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from dlrun.config.schema import ReadConfig
from dlrun.data.names import shown
from dlrun.errors import ConfigError, DataError, Location, Problem, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from dlrun.config.config import Config


@dataclass(frozen=True)
class Source:
    """An open file.

    Args:
        path: Where it is.
        handle: Its bytes.
        config: The config; `read` is its part that says how files are read.
    """

    path: Path
    handle: BinaryIO
    config: Config

    @property
    def read(self) -> ReadConfig:
        """How it is to be read."""
        assert self.config.data is not None
        return self.config.data.read

    def error(self, what: str, fix: str = "", line: int = 0, where: str = "") -> DataError:
        """Return an error at a line of the file (counted from 1), or in the file as a whole."""
        return DataError(Problem(what, fix, where, Location(shown(self.path), line)))

    def wrong_option(self, option: str, what: str, fix: str = "") -> ConfigError:
        """Return an error at one of the `read` options in the config."""
        return ConfigError(self.config.problem(("data", "read", option), what, fix))

    def check_columns(self, option: str, wanted: Mapping[str, Any] | tuple[str, ...], names: list[str]) -> None:
        """Make sure that the columns which a `read` option names are there.

        Raises:
            ConfigError: If one is not.
        """
        unknown = [name for name in wanted if name not in names]
        if unknown:
            raise ConfigError(
                *(
                    self.config.problem(
                        ("data", "read", option), f"no column '{n}' in {shown(self.path)}", did_you_mean(n, names)
                    )
                    for n in unknown
                )
            )


@dataclass
class Rows:
    """What was in a file.

    Args:
        frame: Its scalar columns, indexed 0, 1, ...; text that is missing is None or NaN.
        tensors: Its columns with several axes, `(num_rows, ...)`.
        notes: What the user should know, as whole sentences.
    """

    frame: pd.DataFrame
    tensors: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
