"""What training tells whoever watches it; the core itself never prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Progress:
    """Hears how training goes and shows nothing; a console inherits from it and overrides what it shows."""

    def phase(self, text: str) -> None:
        """What is being done now: `reading the data`."""

    def note(self, text: str) -> None:
        """Something was noticed that the user should know: one plain sentence."""

    def warn(self, text: str) -> None:
        """Something failed that does not end the run: one sentence, which even `--quiet` lets through."""
        self.note(text)

    def prepared(
        self, rows: Mapping[str, int], inputs: Mapping[str, Sequence[int | None]], num_parameters: int
    ) -> None:
        """Data and network are ready: the rows of each part, the shape of each input, the network's parameters."""

    def folder(self, path: str) -> None:
        """The run has a folder now."""

    def train_begin(self, epochs: int, batches_per_epoch: int, metric_names: Sequence[str]) -> None:
        """The first batch is about to be computed."""

    def batch_end(self, epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        """Some batches are done, `batch` (counted from 0) being the last of them; about five times a second."""

    def epoch_end(self, epoch: int, logs: Mapping[str, float], seconds: float) -> None:
        """An epoch (counted from 0) and its validation are done."""

    def train_end(self) -> None:
        """The last epoch is done."""


SILENT = Progress()
