"""The progress of a run in one process, heard in another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dlrun.training.progress import Progress


class Relay(Progress):
    """Says what it hears as words: a method's name and its arguments, all of them JSON."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell

    def folder(self, path: str) -> None:
        """Say it."""
        self._tell("folder", path)

    def phase(self, text: str) -> None:
        """Say it."""
        self._tell("phase", text)

    def note(self, text: str) -> None:
        """Say it."""
        self._tell("note", text)

    def warn(self, text: str) -> None:
        """Say it."""
        self._tell("warn", text)

    def prepared(
        self, rows: Mapping[str, int], inputs: Mapping[str, Sequence[int | None]], num_parameters: int
    ) -> None:
        """Say it."""
        shapes = {name: [*shape] for name, shape in inputs.items()}
        self._tell("prepared", dict(rows), shapes, int(num_parameters))

    def train_begin(self, epochs: int, batches_per_epoch: int, metric_names: Sequence[str]) -> None:
        """Say it."""
        self._tell("train_begin", epochs, batches_per_epoch, [*metric_names])

    def batch_end(self, epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        """Say it."""
        self._tell("batch_end", epoch, batch, _floats(logs))

    def epoch_end(self, epoch: int, logs: Mapping[str, float], seconds: float) -> None:
        """Say it."""
        self._tell("epoch_end", epoch, _floats(logs), seconds)

    def train_end(self) -> None:
        """Say it."""
        self._tell("train_end")


def _floats(logs: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in logs.items()}


def pass_on(words: Sequence[Any], progress: Progress) -> None:
    """Tell `progress` what a relay said."""
    name, *arguments = words
    getattr(progress, name)(*arguments)
