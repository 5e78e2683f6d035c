"""The epochs: Keras's own steps, metrics and callbacks, in dlrun's order of rows and without Python between batches.

`Engine.fit` does what `model.fit` does, call by call, so that callbacks see what they see there. It differs in that
the order of the rows is a pure function of seed and epoch, that many batches are computed in one call where no
callback looks at single batches, and that a loss which is not finite ends the run before a callback sees it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dlrun.config.schema import FitConfig
from dlrun.training.chunks import Chunks, Pace, plain
from dlrun.training.diverged import bad_weights, diverged, find_not_finite
from dlrun.training.examples import DeviceRows, Examples, device_rows
from dlrun.training.hooks import TEST_HOOKS, TRAIN_HOOKS, need_batches
from dlrun.training.keeper import Keeper, Position
from dlrun.training.order import epoch_order
from dlrun.training.progress import SILENT, Progress

if TYPE_CHECKING:
    from dlrun.training.graphs import Graphs
    from dlrun.training.windows import DeviceWindows, WindowExamples

Logs = dict[str, Any]


class Engine:
    """Trains one model.

    Args:
        model: A built and compiled Keras model.
        train: Training rows.
        validation: Validation rows, if there are any.
        settings: epochs, batch_size, shuffle, validation_freq, validation_batch_size.
        seed: Decides the order of the rows.
        steps_per_execution: Batches in one call, as in Keras; None chooses them by time, and one at a time where a
            callback looks at single batches.
        graphs: Those of a network before, of the same config; see `Graphs`.

    Attributes:
        test: Computes loss and metrics of any rows (`chunks.measure`) with the graph that validation uses.
        epoch_seconds: What each epoch took, its validation included.
    """

    def __init__(
        self,
        model: Any,
        train: Examples | WindowExamples,
        validation: Examples | WindowExamples | None = None,
        *,
        settings: FitConfig,
        seed: int,
        steps_per_execution: int | None = None,
        graphs: Graphs | None = None,
    ) -> None:
        self.model = model
        self._examples = train
        self._settings = settings
        self._seed = seed
        self._fixed = steps_per_execution
        self._rows = device_rows(train, model)
        self._validation = device_rows(validation, model) if validation is not None else None
        if not model.optimizer.built:  # inside the graph's loop would be too late
            model.optimizer.build(model.trainable_variables)
        self._train = Chunks(model, model.train_step, settings.batch_size, graphs=graphs)
        validation_size = settings.validation_batch_size or settings.batch_size
        self.test = Chunks(model, model.test_step, validation_size, graphs=graphs)
        self.epoch_seconds: list[float] = []
        self._callbacks: Any = None
        self._monitored: set[str] = set()
        self._progress = SILENT
        self._keeper = Keeper()

    def trace(self) -> None:
        """Make the graphs, so that whatever does not fit together comes up before anything is written."""
        self._train.trace(self._rows)
        if self._validation is not None:
            self.test.trace(self._validation)

    def first_batch(self) -> Logs:
        """Train on one batch, and return its loss and metrics.

        Raises:
            DivergedError: If the loss is NaN or infinite.
        """
        import tensorflow as tf

        self.model.reset_metrics()
        self._train.pace = Pace(1)
        order = tf.constant(epoch_order(self._rows.num_rows, self._seed, 0, self._settings.shuffle))
        logs = plain(self._train.run(self._rows, order, 0)[1])
        if find_not_finite(logs, set()) is not None:
            raise diverged("loss", logs["loss"], self.model, self._examples, epoch=0, batch=0)
        return logs

    def fit(
        self,
        callbacks: Sequence[Any] = (),
        *,
        on_epoch: Callable[[int, Logs], None] | None = None,
        progress: Progress = SILENT,
        keeper: Keeper | None = None,
    ) -> Any:
        """Train to the last epoch, or until a callback stops it.

        Args:
            callbacks: Keras callbacks.
            on_epoch: Called with the epoch (from 0) and its logs after the callbacks, just before Keras's History.
            progress: Hears how it goes.
            keeper: Says where to begin, keeps checkpoints, and stops training when asked to.

        Returns:
            Keras's History.

        Raises:
            DivergedError: If a loss, or what a callback monitors, becomes NaN or infinite.
            Interrupted: If the keeper stopped it; the batch under way was finished.
        """
        model, epochs = self.model, self._settings.epochs
        self._progress, self._keeper = progress, keeper or Keeper()
        self._attach(callbacks, on_epoch)
        model.stop_training = False
        model.make_train_function()  # TensorBoard draws its graph; nothing is traced by asking for it
        self._callbacks.on_train_begin()
        start = self._keeper.begin()
        logs = dict(start.logs)
        backup = 0 if start.batch else getattr(model, "_initial_epoch", None) or 0  # BackupAndRestore sets it
        progress.train_begin(epochs, self._train.num_batches(self._rows), self._metric_names())
        for epoch in range(start.epoch or backup, epochs):
            if model.stop_training and not start.batch:
                break
            logs = self._run_epoch(epoch, start)
            start = Position()
            self._keeper.after_epoch(epoch, logs)
        self._keeper.end()
        model.optimizer.finalize_variable_values(model.trainable_weights)
        self._callbacks.on_train_end(logs)
        progress.train_end()
        return model.history

    def check_final_loss(self, loss: float) -> None:
        """Make sure that the final weights give the training rows a finite loss: what an epoch logs is of earlier ones.

        Raises:
            DivergedError: If they do not.
        """
        if not math.isfinite(loss):
            epoch = self.model.history.epoch[-1]
            raise diverged("the loss after the last batch", loss, self.model, self._examples, epoch=epoch, batch=None)

    def give_up_rows(self) -> None:
        """Keep no rows any more; only `test` can be used from then on."""
        del self._examples, self._rows, self._validation

    def _attach(self, callbacks: Sequence[Any], on_epoch: Callable[[int, Logs], None] | None) -> None:
        import keras

        self._monitored = {name for c in callbacks if isinstance(name := getattr(c, "monitor", None), str)}
        self._train.pace = Pace(self._fixed or (1 if need_batches(callbacks, TRAIN_HOOKS) else None))
        self.test.pace = Pace(self._fixed or (1 if need_batches(callbacks, TEST_HOOKS) else None))
        last = [keras.callbacks.LambdaCallback(on_epoch_end=on_epoch)] if on_epoch else []
        self._callbacks = keras.callbacks.CallbackList(
            [*callbacks, *last],
            add_history=True,
            add_progbar=False,
            model=self.model,
            verbose=0,
            epochs=self._settings.epochs,
            steps=self._train.num_batches(self._rows),
        )
        self._keeper.attach(self.model, self._callbacks)

    def _metric_names(self) -> list[str]:
        """Return the names that are known before the first batch; Keras names its metrics only then."""
        return ["loss"] if self._validation is None else ["loss", "val_loss"]

    def _run_epoch(self, epoch: int, start: Position) -> Logs:
        started = time.perf_counter()
        if not start.batch:
            self.model.reset_metrics()
            self._callbacks.on_epoch_begin(epoch)
        logs = self._train_epoch(epoch, start)
        if self._validation is not None and (epoch + 1) % self._settings.validation_freq == 0:
            logs.update({f"val_{name}": value for name, value in self._validate(self._validation).items()})
        bad = find_not_finite(logs, self._monitored)
        if bad is not None:
            raise diverged(bad, logs[bad], self.model, self._examples, epoch=epoch, batch=None)
        weights = bad_weights(self.model)
        if weights is not None:
            raise diverged("the weights", weights, self.model, self._examples, epoch=epoch, batch=None)
        self._callbacks.on_epoch_end(epoch, logs)
        self.epoch_seconds.append(time.perf_counter() - started)
        self._progress.epoch_end(epoch, logs, self.epoch_seconds[-1])
        return logs

    def _train_epoch(self, epoch: int, start: Position) -> Logs:
        import tensorflow as tf

        order = tf.constant(epoch_order(self._rows.num_rows, self._seed, epoch, self._settings.shuffle))
        num_batches = self._train.num_batches(self._rows)
        done, logs = start.batch, dict(start.logs) if start.batch else {}
        while done < num_batches and not (done and self.model.stop_training):
            self._callbacks.on_train_batch_begin(done)
            first = done
            done, tensors = self._train.run(self._rows, order, first)
            logs = plain(tensors)
            bad = find_not_finite(logs, set()) is not None
            if not bad or done > first + 1:
                self._keeper.gave_finite_loss()
            if bad:
                raise diverged("loss", logs["loss"], self.model, self._examples, epoch=epoch, batch=done - 1)
            self._callbacks.on_train_batch_end(done - 1, logs)
            self._progress.batch_end(epoch, done - 1, logs)
            self._keeper.after_batches(epoch, done, logs)
        return logs

    def _validate(self, rows: DeviceRows | DeviceWindows) -> Logs:
        """Do what `model.evaluate` does inside `model.fit`."""
        import tensorflow as tf

        order = tf.range(rows.num_rows, dtype=tf.int64)
        self.model.stop_evaluating = False
        self._callbacks.on_test_begin()
        self.model.reset_metrics()
        done, logs = 0, dict[str, Any]()
        while done < self.test.num_batches(rows) and not self.model.stop_evaluating:
            self._callbacks.on_test_batch_begin(done)
            done, tensors = self.test.run(rows, order, done)
            logs = plain(tensors)
            self._callbacks.on_test_batch_end(done - 1, logs)
            self._keeper.in_validation()
            if find_not_finite(logs, set()) is not None:
                break  # it stays so, and ends the run
        self._callbacks.on_test_end(logs)
        return logs
