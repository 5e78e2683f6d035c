"""What sections are made of, and what they are made from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.heads import heads_of
from dlrun.config.resolved import load_resolved
from dlrun.errors import ConfigError, DataError, Problem, RunError
from dlrun.metrics_file import load_metrics
from dlrun.plots.results import load_history
from dlrun.private import home_as_tilde, path_from_home
from dlrun.training.data_file import check_data_file, load_data_record
from dlrun.training.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config import Config
    from dlrun.config.heads import Head
    from dlrun.data.table import Dataset
    from dlrun.run_dir import RunDir

MOST_BYTES = 2**29  # of data that are read again for a page


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Args:
        id: Its anchor.
        title: Its heading.
        about: A sentence below it.
        content: What the template shows.
        template: The template's name; default: `<id>.html`.
    """

    id: str
    title: str
    about: str
    content: Mapping[str, Any] = field(default_factory=dict)
    template: str = ""


class Source:
    """A run as the sections read it, finished or not; each thing is read once.

    Args:
        dir: The run folder.
        trust: Whether its own code may run.

    Raises:
        RunError: If it was cut off before it wrote its config, or was damaged.
    """

    def __init__(self, dir: RunDir, trust: bool = False) -> None:
        if not dir.has(dir.resolved) or not dir.has(dir.data):
            raise RunError(Problem(f"{dir.name} was cut off before its config was written", "Train it again."))
        dir.verify(dir.resolved, dir.data)
        self.dir = dir
        self.config: Config = load_resolved(dir.resolved, trust=trust)
        check_data_file(dir, self.config)
        self.damaged = set(dir.damaged())
        if self.config.code:
            from dlrun.training.runtime import start_keras_for

            start_keras_for(self.config)
            from dlrun.model.user_code import load_user_code  # imports Keras, which was started just now

            load_user_code(self.config, trust)

    @property
    def called(self) -> str:
        """What the run is called on the command line."""
        return called(self.dir)

    @cached_property
    def run(self) -> Run:
        """The run with its network."""
        return Run(self.dir, self.config)

    @cached_property
    def record(self) -> dict[str, Any]:
        """data.json."""
        return load_data_record(self.dir)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """metrics.json; empty where the run did not come so far."""
        return load_metrics(self.dir) if self.dir.has(self.dir.metrics) else {}

    @cached_property
    def history(self) -> pd.DataFrame | None:
        """history.csv, the epochs as its index; None where none was finished."""
        return load_history(self.dir)

    @cached_property
    def heads(self) -> tuple[Head, ...]:
        """What the network predicts."""
        return tuple(heads_of(self.config))

    @cached_property
    def dataset(self) -> Dataset | None:
        """The run's data, read again; None where `no_data` says why."""
        return self._data[0]

    @property
    def no_data(self) -> str:
        """Why the data cannot be looked at; empty where they can."""
        return self._data[1]

    @cached_property
    def _data(self) -> tuple[Dataset | None, str]:
        from dlrun.data.load import load_dataset
        from dlrun.training.evaluate import changes_since
        from dlrun.training.runtime import start_keras_for

        size = sum(int(file.get("bytes") or 0) for file in self.record.get("files", []))
        if size > MOST_BYTES:
            return None, f"The files hold {size / 2**20:,.0f} MiB; they are not read again for a page."
        if not self.config.is_table:  # images are read by TensorFlow
            start_keras_for(self.config)
        try:
            dataset = load_dataset(self.config)
        except (ConfigError, DataError) as error:
            return None, home_as_tilde(f"The data cannot be read again: {error.problems[0].what}.")
        changes = changes_since(self.record, dataset)
        if changes:
            return None, changes[0].removeprefix("Careful: ")[0].upper() + changes[0].removeprefix("Careful: ")[1:]
        return dataset, ""


def called(run: RunDir) -> str:
    """Return what a run is called on the command line: its name, or its path where that is elsewhere."""
    return shlex.quote(run.name) if run.path.parent == Path("runs") else in_shell(run.path)


def in_shell(path: Path) -> str:
    """Return a path as a shell takes it: a page is handed on, and does not tell the home folder's name."""
    short = path_from_home(str(path))
    return shlex.quote(str(path)) if short == str(path) else f"~/{shlex.quote(short[2:])}"
