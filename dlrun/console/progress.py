"""Training as it goes: a few lines that are redrawn in a terminal, one line for each epoch elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dlrun.console.curve_chart import curve_chart
from dlrun.console.sparkline import loss_curves
from dlrun.console.terminal import is_interactive, say, screen
from dlrun.console.text import clean, count, duration, metrics_line, number
from dlrun.training.progress import Progress

_REDRAW_SECONDS = 0.1  # at least, from one drawing to the next
_REDRAW_SHARE = 0.02  # of the time may go into drawing
_FEWEST_POINTS = 2  # epochs, before there is a curve
_WIDEST_CURVE = 60  # columns
_WIDEST_CHART = 100
_TALLEST_CHART = 10  # lines
_LINES_AROUND = 14  # of the terminal, for what stands around the chart
_FEWEST_LINES = 4  # below, the curves are drawn in one line each
_FEWEST_EPOCHS = 5  # for the chart that stays when training is over
_PART_WORDS = {"train": "training"}


class TrainingView(Progress):
    """What both views know: how far training is and which epoch was the best so far.

    It is a context manager, so that a terminal is left in order however training ends.
    """

    def __init__(self) -> None:
        self._epochs = 0
        self._batches = 0
        self._done = 0
        self._seconds = 0.0
        self._best: tuple[int, str, float] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            say(f"stopped after {count(self._done, 'epoch')}")

    def close(self) -> None:
        """Leave the screen in order."""

    def note(self, text: str) -> None:
        """Print something that was noticed."""
        say(f"note: {text}")

    def prepared(
        self, rows: Mapping[str, int], inputs: Mapping[str, Sequence[int | None]], num_parameters: int
    ) -> None:
        """Say in one line what will be trained on what."""
        counts = ", ".join(f"{number:,} {_PART_WORDS.get(part, part)}" for part, number in rows.items())
        say(f"{counts} rows; {_inputs_line(inputs)}; {count(num_parameters, 'parameter')}")

    def train_begin(self, epochs: int, batches_per_epoch: int, metric_names: Sequence[str]) -> None:
        """Remember how much there is to do."""
        self._epochs, self._batches = epochs, batches_per_epoch

    def epoch_end(self, epoch: int, logs: Mapping[str, float], seconds: float) -> None:
        """Remember the epoch if it is the best so far, by validation loss where there is one."""
        self._done = epoch + 1
        self._seconds += seconds
        name = "val_loss" if "val_loss" in logs else "loss"
        if name in logs and (self._best is None or logs[name] < self._best[2]):
            self._best = (self._done, name, float(logs[name]))

    def train_end(self) -> None:
        """Say in one line how training went."""
        self.close()
        best = f"; best epoch {self.best}" if self._best else ""
        say(f"trained {count(self._done, 'epoch')} in {duration(self._seconds)}{best}")

    @property
    def best(self) -> str:
        """The best epoch so far: `7 (val_loss 0.1210)`."""
        return f"{self._best[0]} ({self._best[1]} {number(self._best[2])})" if self._best else ""


class PlainView(TrainingView):
    """One line for each epoch, for files and pipes."""

    def epoch_end(self, epoch: int, logs: Mapping[str, float], seconds: float) -> None:
        """Print the epoch's line."""
        super().epoch_end(epoch, logs, seconds)
        width = len(str(self._epochs))
        say(f"epoch {self._done:>{width}}/{self._epochs}  {duration(seconds):>6}  {metrics_line(logs)}")


class LiveView(TrainingView):
    """Lines that are redrawn: the bar with the time left, the metrics, the best epoch, and curves of the loss."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: dict[str, list[float]] = {"loss": [], "val_loss": []}
        self._batch = 0
        self._metrics = ""
        self._drawn = 0.0
        self._cost = 0.0  # seconds, of the last drawing
        self._began = 0.0
        self._first: int | None = None  # the epoch that training began with: a resumed run has others behind it
        self._live: Live | None = None

    def phase(self, text: str) -> None:
        """Show what is being done before and after the epochs."""
        self._show(Text(f"{clean(text)} ...", style="dim"))

    def train_begin(self, epochs: int, batches_per_epoch: int, metric_names: Sequence[str]) -> None:
        """Show the empty bar."""
        super().train_begin(epochs, batches_per_epoch, metric_names)
        self._began = time.perf_counter()
        self._draw()

    def batch_end(self, epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        """Redraw, if the last time is long enough ago."""
        self._first = epoch if self._first is None else self._first
        if not self._is_due():
            return
        self._done = epoch
        self._batch = batch + 1
        self._metrics = metrics_line(logs) or self._metrics
        self._draw()

    def epoch_end(self, epoch: int, logs: Mapping[str, float], seconds: float) -> None:
        """Redraw with the epoch's results."""
        super().epoch_end(epoch, logs, seconds)
        self._first = epoch if self._first is None else self._first
        self._batch = 0
        self._metrics = metrics_line(logs)
        for name, values in self._curves.items():
            if name in logs:
                values.append(float(logs[name]))
        if self._is_due() or self._done == self._epochs:
            self._draw()

    def train_end(self) -> None:
        """Leave the chart where the lines were, and say in one line how training went."""
        self.close()
        if len(self._curves["loss"]) >= _FEWEST_EPOCHS:
            for line in self._chart():
                screen().print(line)
        super().train_end()

    def close(self) -> None:
        """Take the lines away and give the cursor back."""
        if self._live is not None:
            self._live.stop()
            self._live = None  # one that is started again would wipe out lines that were printed meanwhile

    def _is_due(self) -> bool:
        return time.perf_counter() - self._drawn >= max(_REDRAW_SECONDS, self._cost / _REDRAW_SHARE)

    def _draw(self) -> None:
        self._drawn = time.perf_counter()
        share = self._done + self._batch / max(self._batches, 1)
        line = Table.grid(padding=(0, 2, 0, 0), expand=True)
        line.add_column(no_wrap=True)
        line.add_column(ratio=1)
        line.add_column(no_wrap=True)
        epoch = f"epoch {min(self._done + 1, self._epochs)}/{self._epochs}"
        where = f"{epoch}  batch {self._batch}/{self._batches}" if self._batch else epoch
        line.add_row(
            Text(where), ProgressBar(total=max(self._epochs, 1), completed=share), Text(self._time_left(share))
        )
        best = Text(f"best epoch {self.best}" if self._best else "", "green")
        self._show(Group(line, Text(self._metrics), best, *self._drawn_curves()))
        self._cost = time.perf_counter() - self._drawn

    def _drawn_curves(self) -> list[Text]:
        curves = {name: values for name, values in self._curves.items() if len(values) >= _FEWEST_POINTS}
        return self._chart() or [
            Text(line, "cyan", no_wrap=True) for line in loss_curves(curves, min(screen().width, _WIDEST_CURVE))
        ]

    def _chart(self) -> list[Text]:
        """Return the curves as a chart; nothing where the terminal is too small for it."""
        height = min(screen().height - _LINES_AROUND, _TALLEST_CHART)
        first = self._first or 0
        best = self._best[0] - first if self._best else None
        if height < _FEWEST_LINES or not self._curves["loss"]:
            return []
        return curve_chart(self._curves, min(screen().width, _WIDEST_CHART), height, best, first)

    def _show(self, lines: RenderableType) -> None:
        if self._live is None:
            # Redrawn by hand: a thread that wakes up ten times a second would take time from the training.
            self._live = Live(console=screen(), auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(lines, refresh=True)

    def _time_left(self, share: float) -> str:
        done = share - (self._first or 0)
        if done <= 0:
            return ""
        return f"{duration((self._drawn - self._began) / done * (self._epochs - share))} left"


def _inputs_line(inputs: Mapping[str, Sequence[int | None]]) -> str:
    shapes = {name: " x ".join(str(size) for size in shape) for name, shape in inputs.items()}
    if list(shapes) == ["features"]:
        return f"{shapes['features']} feature{'' if shapes['features'] == '1' else 's'}"
    return f"{count(len(shapes), 'input')}: {', '.join(f'{name} ({shape})' for name, shape in shapes.items())}"


def training_view() -> TrainingView:
    """Return the view that suits stdout."""
    return LiveView() if is_interactive() else PlainView()
