"""The resolved config of a run folder, which may be a stranger's: it stands by itself, and its faults are the run's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dlrun.config.config import Config
from dlrun.config.loader import load_config
from dlrun.errors import ConfigError, RunError


def load_resolved(path: Path, overrides: Iterable[str] = (), *, trust: bool = False) -> Config:
    """Return the config that a run was trained with.

    dlrun writes it without `extends` and references, so that neither other files nor the environment are looked at.

    Args:
        path: A run's resolved.yaml.
        overrides: dlrun's own, such as more epochs.
        trust: Whether the run's own code may run.

    Raises:
        RunError: If it is damaged.
    """
    with as_run_errors():
        return load_config(path, overrides, trust=trust, closed=True)


@contextmanager
def as_run_errors() -> Iterator[None]:
    """Turn a ConfigError into a RunError: nobody but a damaged or hostile run has a wrong resolved config."""
    try:
        yield
    except ConfigError as error:
        raise RunError(*error.problems) from error
