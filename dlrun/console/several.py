"""Several runs as they go: a bar for each one under way in a terminal, a line for each finished one elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dlrun.console.run_list import main_score
from dlrun.console.terminal import is_interactive, say, screen
from dlrun.console.text import clean, count, duration, metrics_line, number
from dlrun.training.progress import Progress
from dlrun.training.several import Outcome, SeveralProgress

if TYPE_CHECKING:
    from dlrun.config import Config

_REDRAW_SECONDS = 0.1
_BAR_WIDTH = 24


class SeveralView(SeveralProgress):
    """A line for each finished run; a context manager, so that a terminal is left in order however it ends.

    Args:
        labels: What each run is called.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = labels
        self._width = max(map(len, labels), default=0)
        self._started: dict[int, float] = {}
        self._noted: set[str] = set()
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Leave the screen in order."""

    def begin(self, configs: Sequence[Config], at_once: int) -> None:
        """Say how much there is to do."""
        say(f"{count(len(configs), 'run')}, {at_once} at a time")

    def run(self, number: int) -> Progress:
        """Return the run's lane."""
        self._started[number] = time.perf_counter()
        return Lane(self, self.labels[number])

    def end(self, number: int, outcome: Outcome) -> None:
        """Print the run's line."""
        self._done += 1
        seconds = time.perf_counter() - self._started.pop(number, time.perf_counter())
        total = str(len(self.labels))
        head = f"{self._done:>{len(total)}}/{total}  {self.labels[number]:<{self._width}}  {duration(seconds):>6}"
        say(f"{head}  {result_of(outcome)}", style="" if outcome.state == "finished" else "red")

    def note(self, text: str) -> None:
        """Print what was noticed; what several runs notice is said once."""
        if text not in self._noted:
            self._noted.add(text)
            say(f"note: {text}")

    def changed(self) -> None:
        """A lane has something new to show."""


class Lane(Progress):
    """Where one run is.

    Args:
        view: The view that it belongs to.
        label: What the run is called.
    """

    def __init__(self, view: SeveralView, label: str) -> None:
        self.label = label
        self.phase_text = ""
        self.epochs = 0
        self.share = 0.0
        self.metrics = ""
        self._batches = 1
        self._view = view

    def phase(self, text: str) -> None:
        """Remember what is being done."""
        self.phase_text = text
        self._view.changed()

    def note(self, text: str) -> None:
        """Pass it on."""
        self._view.note(text)

    def train_begin(self, epochs: int, batches_per_epoch: int, metric_names: Sequence[str]) -> None:
        """Remember how much there is to do."""
        self.epochs, self._batches = epochs, max(batches_per_epoch, 1)

    def batch_end(self, epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        """Remember how far it is."""
        self.share = epoch + (batch + 1) / self._batches
        self._view.changed()

    def epoch_end(self, epoch: int, logs: Mapping[str, float], seconds: float) -> None:
        """Remember how far it is, and how well it goes."""
        self.share, self.metrics = epoch + 1, metrics_line(logs)
        self._view.changed()


class LiveSeveralView(SeveralView):
    """Below the finished runs' lines a bar for each run under way, redrawn."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(labels)
        self._lanes: dict[int, Lane] = {}
        self._drawn = 0.0
        self._live: Live | None = None

    def begin(self, configs: Sequence[Config], at_once: int) -> None:
        """Show that something is being done, for the first run takes a moment to begin."""
        super().begin(configs, at_once)
        self._draw(Text("starting Keras ...", style="dim"))

    def run(self, number: int) -> Progress:
        """Show a bar more."""
        lane = super().run(number)
        assert isinstance(lane, Lane)
        self._lanes[number] = lane
        return lane

    def end(self, number: int, outcome: Outcome) -> None:
        """Take the bar away and print the run's line above the others."""
        self._lanes.pop(number, None)
        self._draw(self._bars())
        super().end(number, outcome)

    def changed(self) -> None:
        """Redraw, if the last time is long enough ago."""
        if time.perf_counter() - self._drawn >= _REDRAW_SECONDS:
            self._draw(self._bars())

    def close(self) -> None:
        """Take the bars away and give the cursor back."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _bars(self) -> Table:
        bars = Table.grid(padding=(0, 2, 0, 0), expand=True)
        for _ in range(3):
            bars.add_column(no_wrap=True)
        bars.add_column(no_wrap=True, overflow="ellipsis", ratio=1)  # the one that gives way
        for lane in self._lanes.values():
            bar = ProgressBar(total=max(lane.epochs, 1), completed=lane.share, width=_BAR_WIDTH)
            epoch = f"epoch {min(int(lane.share) + 1, lane.epochs)}/{lane.epochs}" if lane.epochs else ""
            trains = lane.phase_text == "training"
            bars.add_row(
                Text(clean(lane.label)), Text(epoch) if trains else Text(clean(lane.phase_text), style="dim"), bar,
                Text(lane.metrics),
            )  # fmt: skip
        return bars

    def _draw(self, lines: Table | Text) -> None:
        self._drawn = time.perf_counter()
        if self._live is None:
            self._live = Live(console=screen(), auto_refresh=False, transient=True)  # a thread must not be: forks
            self._live.start()
        self._live.update(lines, refresh=True)


def result_of(outcome: Outcome) -> str:
    """Return how a run ended, in a few words."""
    folder = outcome.run.name if outcome.run is not None else ""
    score = main_score(outcome.metrics)
    words: str = outcome.state
    if outcome.problems:
        words = f"{words}: {outcome.problems[0]}"
    elif score is not None:
        words = f"{score[1]} {number(score[2])} ({score[0]})"
    return "  ".join(part for part in (folder, words) if part)


def several_view(labels: Sequence[str]) -> SeveralView:
    """Return the view that suits stdout."""
    return LiveSeveralView(labels) if is_interactive() else SeveralView(labels)


def labels_of(configs: Sequence[Config]) -> list[str]:
    """Return what tells the runs of several configs apart: the config's name or file, the seed or fold, or both."""
    kinds = dict.fromkeys((config.name, config.file) for config in configs)
    names = [name for name, _ in kinds]
    repeated = len(configs) > len(kinds)
    labels = []
    for config in configs:
        which = str(config.file) if names.count(config.name) > 1 else config.name
        parts = [which] * (len(kinds) > 1) + [_repetition(config, configs)] * repeated
        labels.append(" ".join(parts) or which)
    return labels


def _repetition(config: Config, configs: Sequence[Config]) -> str:
    split = config.data.split if config.data is not None else None
    if split is None or split.fold is None:
        return f"seed {config.seed}"
    seeds = {other.data.split.seed for other in configs if other.data is not None}
    return f"fold {split.fold}" + (f" (seed {split.seed})" if len(seeds) > 1 else "")
