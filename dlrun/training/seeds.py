"""The configs of several runs: files, one file with several seeds, and which of them are repetitions of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dlrun.config import load_config
from dlrun.errors import ConfigError, DataError

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.loader import ColumnsOf

T = TypeVar("T")


def with_seeds(
    path: str | Path,
    count: int,
    overrides: Iterable[str] = (),
    *,
    trust: bool = False,
    columns_of: ColumnsOf | None = None,
) -> list[Config]:
    """Return a config `count` times, with its own seed, the next one, and so on; nothing else differs.

    Where `data.split.seed` is given the rows of each part stay the same; else they are cut anew by each seed.

    Args:
        path: The config's file.
        count: How many.
        overrides: As on the command line.
        trust: Whether the config's own code may run.
        columns_of: As for `load_config`.

    Raises:
        ConfigError, DataError: If the config is wrong.
    """
    changes = list(overrides)
    first = load_config(path, changes, trust=trust, columns_of=columns_of)
    later = range(first.seed + 1, first.seed + count)
    return [first, *(load_config(path, [*changes, f"seed={seed}"], trust=trust) for seed in later)]


def gathered(loads: Iterable[Callable[[], T]]) -> list[T]:
    """Return what each call loads, or raise with the problems of all of them.

    Raises:
        ConfigError: If one of them did.
        DataError: If no config is wrong, but one's file of data cannot be read.
    """
    loaded: list[T] = []
    errors: list[ConfigError | DataError] = []
    for load in loads:
        try:
            loaded.append(load())
        except (ConfigError, DataError) as error:
            errors.append(error)
    if errors:
        kind = next((type(error) for error in errors if isinstance(error, ConfigError)), DataError)
        raise kind(*(problem for error in errors for problem in error.problems))
    return loaded


def load_all(configs: Iterable[Config | str | Path], *, trust: bool = False) -> list[Config]:
    """Return the configs, those given as files loaded.

    Raises:
        ConfigError, DataError: With the problems of all of them.
    """
    return gathered(partial(_load, one, trust) for one in configs)


def _load(config: Config | str | Path, trust: bool) -> Config:
    return load_config(config, trust=trust) if isinstance(config, str | Path) else config


def are_repetitions(config: Config, other: Config) -> bool:
    """Tell whether two configs are one but for their seeds, or folds."""
    return config.file == other.file and without_seed(config, folds=True) == without_seed(other, folds=True)


def without_seed(config: Config, *, folds: bool = False) -> dict[str, Any]:
    """Return a config's sections without its seed, and if so asked without what tells folds from one another."""
    data = config.data
    if folds and data is not None:
        data = data.model_copy(update={"split": data.split.model_copy(update={"seed": None, "fold": None})})
    return {**config.__dict__, "seed": None, "data": data}
