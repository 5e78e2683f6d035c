"""Does a config train? Read the data, build the network, fit one batch; leave nothing behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlrun.training.failures import explained_failures
from dlrun.training.prepare import prepare
from dlrun.training.progress import SILENT, Progress

if TYPE_CHECKING:
    from dlrun.config import Config


@dataclass(frozen=True)
class Check:
    """What was found.

    Args:
        rows: Part to number of rows.
        parameters: How many numbers the network holds.
        logs: Loss and metrics of the first batch.
        notes: What was noticed: rows left out, duplicates between parts.
    """

    rows: dict[str, int]
    parameters: int
    logs: dict[str, float]
    notes: list[str] = field(default_factory=list)


class _Notes(Progress):
    """Keeps the notes and hands everything on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.notes: list[str] = []

    def phase(self, text: str) -> None:
        """Hand it on."""
        self._progress.phase(text)

    def note(self, text: str) -> None:
        """Keep it and hand it on."""
        self.notes.append(text)
        self._progress.note(text)


def check_build(config: Config, *, trust: bool = False, progress: Progress = SILENT) -> Check:
    """Build what a config describes, and fit one batch.

    Raises:
        ConfigError: If the config is wrong, alone or for this data.
        DataError: If the data cannot be used.
        DivergedError: If the very first loss is NaN or infinite.
    """
    heard = _Notes(progress)
    prepared = prepare(config, heard, trust)
    with explained_failures():
        logs = prepared.engine.first_batch()
    rows = {part: len(table) for part, table in prepared.dataset.examples.items()}
    return Check(rows, prepared.model.count_params(), logs, heard.notes)
