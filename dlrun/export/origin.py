"""What is exported, a run or a config that has not been trained; and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.export.facts import Facts, facts_of_config, facts_of_run

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.run_dir import RunDir


@dataclass(frozen=True)
class Exported:
    """What came of an export.

    Args:
        name: A name for the file.
        content: What it holds.
    """

    name: str
    content: bytes


@dataclass(frozen=True)
class Origin:
    """A run or a config.

    Args:
        config: The config, the run's resolved one for a run.
        run: The run's folder; None for a config.
        beside: The folder that the export is written to.
        trust: Whether the run's own code may run.
    """

    config: Config
    run: RunDir | None
    beside: Path
    trust: bool = False

    @property
    def name(self) -> str:
        """The run's name, else the config's."""
        return self.config.name if self.run is None else self.run.name

    @cached_property
    def facts(self) -> Facts:
        """Facts about the data: as the run wrote them down, else read from the data."""
        return facts_of_config(self.config) if self.run is None else facts_of_run(self.run, self.config)
