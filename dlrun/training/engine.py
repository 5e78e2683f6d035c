"""The epochs: Keras's own steps, metrics and callbacks, in dlrun's order of rows and without Python between batches.

`Engine.fit` does what `model.fit` does, call by call, so that callbacks see what they see there. It differs in that
the order of the rows is a pure function of seed and epoch, that many batches are computed in one call where no
callback looks at single batches, and that a loss which is not finite ends the run before a callback sees it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dlrun.config.schema import FitConfig
from dlrun.training.chunks import Chunks, Pace
from dlrun.training.diverged import diverged, find_not_finite
from dlrun.training.examples import DeviceRows, Examples
from dlrun.training.hooks import TEST_HOOKS, TRAIN_HOOKS, need_batches
from dlrun.training.order import epoch_order
from dlrun.training.progress import SILENT, Progress
from dlrun.training.signals import StopSignals

Logs = dict[str, Any]


class Engine:
    """Trains one model.

    Args:
        model: A built and compiled Keras model.
        train: Training rows.
        validation: Validation rows, if there are any.
        settings: epochs, batch_size, shuffle, validation_freq, validation_batch_size.
        seed: Decides the order of the rows.
        callbacks: Keras callbacks.
        on_epoch: Called with the epoch (from 0) and its logs after the callbacks, before Keras's History.
        progress: Hears how it goes.
        signals: Asked after each call into the graph whether to stop.
        steps_per_execution: Batches in one call; None chooses them by time and by what the callbacks need.
    """

    def __init__(
        self,
        model: Any,
        train: Examples,
        validation: Examples | None = None,
        *,
        settings: FitConfig,
        seed: int,
        callbacks: Sequence[Any] = (),
        on_epoch: Callable[[int, Logs], None] | None = None,
        progress: Progress = SILENT,
        signals: StopSignals | None = None,
        steps_per_execution: int | None = None,
    ) -> None:
        self.model = model
        self._examples = train
        self._settings = settings
        self._seed = seed
        self._progress = progress
        self._signals = signals or StopSignals()
        self._monitored = {callback.monitor for callback in callbacks if isinstance(_monitor(callback), str)}
        if not model.optimizer.built:  # inside the graph's loop would be too late
            model.optimizer.build(model.trainable_variables)
        self._train = self._chunks(model.train_step, train, TRAIN_HOOKS, callbacks, steps_per_execution)
        self._test: Chunks | None = None
        if validation is not None:
            self._test = self._chunks(model.test_step, validation, TEST_HOOKS, callbacks, steps_per_execution)
        self._callbacks = self._callback_list(callbacks, on_epoch)

    def _chunks(
        self, step: Any, examples: Examples, hooks: Sequence[str], callbacks: Sequence[Any], fixed: int | None
    ) -> Chunks:
        if fixed is None and need_batches(callbacks, hooks):
            fixed = 1
        size = self._settings.batch_size
        if hooks is TEST_HOOKS:
            size = self._settings.validation_batch_size or size
        return Chunks(self.model, step, DeviceRows(examples, self.model), size, Pace(fixed))

    def _callback_list(self, callbacks: Sequence[Any], on_epoch: Callable[[int, Logs], None] | None) -> Any:
        import keras

        last = [keras.callbacks.LambdaCallback(on_epoch_end=on_epoch)] if on_epoch else []
        return keras.callbacks.CallbackList(
            [*callbacks, *last],
            add_history=True,
            add_progbar=False,
            model=self.model,
            verbose=0,
            epochs=self._settings.epochs,
            steps=self._train.num_batches,
        )

    def fit(self, initial_epoch: int = 0) -> Any:
        """Train from `initial_epoch` to the last epoch, or until a callback stops it.

        Returns:
            Keras's History.

        Raises:
            DivergedError: If a loss, or what a callback monitors, becomes NaN or infinite.
            Interrupted: If a signal came; the batch under way was finished.
        """
        model, callbacks = self.model, self._callbacks
        model.stop_training = False
        model.make_train_function()  # TensorBoard draws its graph; nothing is traced by asking for it
        callbacks.on_train_begin()
        logs: Logs = {}
        initial_epoch = getattr(model, "_initial_epoch", 0) or initial_epoch  # BackupAndRestore sets it
        self._progress.train_begin(self._settings.epochs, self._train.num_batches, self._metric_names())
        for epoch in range(initial_epoch, self._settings.epochs):
            logs = self._run_epoch(epoch)
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values(model.trainable_weights)
        callbacks.on_train_end(logs)
        self._progress.train_end()
        return model.history

    def _metric_names(self) -> list[str]:
        """Return the names that are known before the first batch; Keras names its metrics only then."""
        return ["loss"] if self._test is None else ["loss", "val_loss"]

    def _run_epoch(self, epoch: int) -> Logs:
        started = time.perf_counter()
        self.model.reset_metrics()
        self._callbacks.on_epoch_begin(epoch)
        logs = self._train_epoch(epoch)
        if self._test is not None and (epoch + 1) % self._settings.validation_freq == 0:
            logs.update({f"val_{name}": value for name, value in self._validate(self._test).items()})
        bad = find_not_finite(logs, self._monitored)
        if bad is not None:
            raise diverged(bad, logs[bad], self.model, self._examples, epoch=epoch, batch=None)
        self._callbacks.on_epoch_end(epoch, logs)
        self._progress.epoch_end(epoch, logs, time.perf_counter() - started)
        return logs

    def _train_epoch(self, epoch: int) -> Logs:
        import tensorflow as tf

        rows = len(self._examples)
        order = tf.constant(epoch_order(rows, self._seed, epoch, self._settings.shuffle))
        done, logs = 0, {}
        while done < self._train.num_batches and not (done and self.model.stop_training):
            self._callbacks.on_train_batch_begin(done)
            done, tensors = self._train.run(order, done)
            logs = plain(tensors)
            if find_not_finite(logs, set()) is not None:
                raise diverged("loss", logs["loss"], self.model, self._examples, epoch=epoch, batch=done - 1)
            self._callbacks.on_train_batch_end(done - 1, logs)
            self._progress.batch_end(epoch, done - 1, logs)
            self._signals.check()
        return logs

    def _validate(self, chunks: Chunks) -> Logs:
        """Do what `model.evaluate` does inside `model.fit`."""
        import tensorflow as tf

        order = tf.range(chunks.rows.num_rows, dtype=tf.int64)
        self.model.stop_evaluating = False
        self._callbacks.on_test_begin()
        self.model.reset_metrics()
        done, logs = 0, {}
        while done < chunks.num_batches and not self.model.stop_evaluating:
            self._callbacks.on_test_batch_begin(done)
            before, (done, tensors) = done, chunks.run(order, done)
            logs = plain(tensors)
            self._callbacks.on_test_batch_end(done - 1, logs)
            self._signals.check()
            if find_not_finite(logs, set()) is not None and done > before:
                break
        self._callbacks.on_test_end(logs)
        return logs


def plain(logs: Mapping[str, Any]) -> Logs:
    """Return the values as Python numbers, as callbacks get them; a metric of several values stays an array."""
    import keras

    arrays = {name: keras.ops.convert_to_numpy(value) for name, value in logs.items()}
    return {name: float(array) if array.ndim == 0 else array for name, array in arrays.items()}


def _monitor(callback: Any) -> Any:
    return getattr(callback, "monitor", None)
