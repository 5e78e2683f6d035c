"""Who watches over the epochs: stops them when asked, and keeps what is needed to go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.schema import FitConfig
from dlrun.signals import Interrupted, StopSignals
from dlrun.training.callback_state import callback_states, check_own_states, lost_attributes, open_for_more
from dlrun.training.checkpoint import Checkpoint, write_checkpoint
from dlrun.training.packing import Array, pack
from dlrun.training.progress import SILENT, Progress
from dlrun.training.restore import restore_into, restoring, variables_of

if TYPE_CHECKING:
    from dlrun.training.history import HistoryFile

SHARE = 0.05  # of the time may go into checkpoints
LEAST_SECONDS = 1.0  # between two of them; short epochs are done again at no cost, and exactly


@dataclass(frozen=True)
class Position:
    """Where training stands.

    Args:
        epoch: The epoch under way, or the next one, counted from 0: this many epochs are done.
        batch: Its next batch; 0 before it has begun.
        logs: Loss and metrics of its batches so far, or of the epoch before.
    """

    epoch: int = 0
    batch: int = 0
    logs: Mapping[str, Any] = field(default_factory=dict)


class OutOfTime(Interrupted):
    """`fit.time_limit` has passed; training has stopped between two batches."""


class Keeper:
    """Stops training when a signal comes, and keeps nothing.

    Args:
        signals: Is asked after each call into the graph.
    """

    def __init__(self, signals: StopSignals | None = None) -> None:
        self.signals = signals or StopSignals()

    def attach(self, model: Any, callbacks: Any) -> None:
        """Get to know the model and Keras's CallbackList, before `on_train_begin`."""

    def begin(self) -> Position:
        """Return where to begin, after `on_train_begin`, with everything put back as it was there."""
        return Position()

    def gave_finite_loss(self) -> None:
        """A batch's loss was finite, so the weights before it were good."""

    def after_batches(self, epoch: int, done: int, logs: Mapping[str, Any]) -> None:
        """Some batches are done.

        Raises:
            Interrupted: If training is to stop.
        """
        self.signals.check()

    def in_validation(self) -> None:
        """Some batches of the validation are done.

        Raises:
            Interrupted: If training is to stop.
        """
        self.signals.check()

    def after_epoch(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """An epoch is done, and all callbacks have heard of it.

        Raises:
            Interrupted: If training is to stop.
        """

    def end(self) -> None:
        """The last epoch is done; `on_train_end` comes next."""


class CheckpointKeeper(Keeper):
    """Writes checkpoints, and continues from one.

    A checkpoint is written after an epoch, unless the last one was a moment ago; inside a long epoch every so many
    minutes; at the end; and when training is stopped.

    Args:
        checkpoints: Where they lie.
        callbacks_folder: Where callbacks write.
        history: history.csv as it grows.
        settings: checkpoint and time_limit.
        signals: Is asked after each call into the graph.
        start: Where to go on.
        clock: Seconds.
        progress: Hears of what cannot be kept.

    Attributes:
        good: The epoch, counted from 1, and the network's weights after it: the last ones that gave a finite loss.
    """

    def __init__(
        self,
        checkpoints: Path,
        callbacks_folder: Path,
        history: HistoryFile,
        *,
        settings: FitConfig,
        signals: StopSignals | None = None,
        start: Checkpoint | None = None,
        clock: Callable[[], float] = time.monotonic,
        progress: Progress = SILENT,
    ) -> None:
        super().__init__(signals)
        self._folder = checkpoints
        self._callbacks_folder = callbacks_folder
        self._history = history
        self._settings = settings.checkpoint
        self._limit = settings.time_limit.seconds if settings.time_limit is not None else None
        self._start = start
        self._clock = clock
        self._progress = progress
        self._told: set[str] = set()
        self._began = self._saved = clock()
        self._cost = 0.0
        self._position = Position()
        self._kept: Position | None = None
        self.good: tuple[int, list[Array]] | None = None
        self._unproven: tuple[int, list[Array]] | None = None

    def attach(self, model: Any, callbacks: Any) -> None:
        """Get to know the model and Keras's CallbackList, before `on_train_begin`."""
        self._model, self._callbacks = model, callbacks
        if self._start is not None:
            with restoring():
                self._history.restore(self._start.state["history"])
                open_for_more(callbacks.callbacks, self._start.state["callbacks"], self._start.state["epoch"])

    def begin(self) -> Position:
        """Return where to begin, with everything put back as it was there.

        Raises:
            UnfitError: If the checkpoint does not fit.
        """
        self._began = self._saved = self._clock()
        check_own_states(self._callbacks.callbacks)
        self._tell_lost()
        if self._start is None:
            return self._position
        state, arrays = self._start.state, self._start.arrays
        found = restore_into(self._model, self._callbacks, state, arrays, self._callbacks_folder)
        self._model.history = _history_of(self._callbacks.callbacks)
        self._position = self._kept = Position(*found)
        if not self._position.batch:
            self._remember_good()
        return self._position

    def gave_finite_loss(self) -> None:
        """A batch's loss was finite, so the weights before it were good."""
        if self._unproven is not None:
            self.good, self._unproven = self._unproven, None

    def after_batches(self, epoch: int, done: int, logs: Mapping[str, Any]) -> None:
        """Save if it is time, or if training is to stop."""
        self._position = Position(epoch, done, logs)
        self._stop_if_asked()
        if self._clock() - self._saved >= 60 * self._settings.minutes:
            self.save()

    def in_validation(self) -> None:
        """Save what was done before the validation, if training is to stop."""
        self._stop_if_asked()

    def after_epoch(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Save unless it would cost more than it is worth."""
        self._position = Position(epoch + 1, 0, logs)
        self._remember_good()
        if self._is_due(epoch + 1):
            self.save()
        self._stop_if_asked()

    def end(self) -> None:
        """Save the very end, from which more epochs could follow."""
        if self._kept is not self._position:
            self.save()

    def save(self) -> None:
        """Write a checkpoint of this moment.

        Raises:
            DiskError: If it cannot be written.
        """
        began = self._clock()
        self._tell_lost()  # an attribute may have come since
        write_checkpoint(self._folder, self._checkpoint())
        self._saved = self._clock()
        self._cost = self._saved - began
        self._kept = self._position

    def _tell_lost(self) -> None:
        for sentence in lost_attributes(self._callbacks.callbacks, self._callbacks_folder):
            if sentence not in self._told:
                self._told.add(sentence)
                self._progress.note(sentence)

    def _checkpoint(self) -> Checkpoint:
        arrays: list[Array] = []
        state = {
            "epoch": self._position.epoch,
            "batch": self._position.batch,
            "stop": bool(self._model.stop_training),
            "logs": pack(dict(self._position.logs), arrays),
            "callbacks": callback_states(self._callbacks.callbacks, self._callbacks_folder, arrays),
            "history": self._history.text(),
        }
        variables = variables_of(self._model, with_metrics=bool(self._position.batch))
        return Checkpoint(state, {**variables, "callbacks": arrays})

    def _is_due(self, epochs: int) -> bool:
        if self._settings.epochs is not None:
            return epochs % self._settings.epochs == 0
        return self._clock() - self._saved >= max(LEAST_SECONDS, self._cost / SHARE)

    def _remember_good(self) -> None:
        """Keep the weights; without a validation only the next batch tells whether they are any good."""
        self._unproven = (self._position.epoch, self._model.get_weights())
        if "val_loss" in self._position.logs:
            self.gave_finite_loss()

    def _stop_if_asked(self) -> None:
        out_of_time = self._limit is not None and self._clock() - self._began >= self._limit
        if self.signals.received or out_of_time:
            if self._kept is not self._position:
                self.save()
            self.signals.check()
            raise OutOfTime("fit.time_limit")


def _history_of(callbacks: Sequence[Any]) -> Any:
    import keras

    return next(callback for callback in callbacks if isinstance(callback, keras.callbacks.History))
