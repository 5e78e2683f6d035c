from __future__ import annotations

from typing import Any

import keras
import pytest

from dlrun.training.hooks import TEST_HOOKS, TRAIN_HOOKS, need_batches


class OldStyle(keras.callbacks.Callback):
    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keras calls it from `on_train_batch_end`."""


class OwnCheckpoint(keras.callbacks.ModelCheckpoint):
    """Nobody knows what a subclass does."""


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (lambda: keras.callbacks.EarlyStopping(), False),
        (lambda: keras.callbacks.ReduceLROnPlateau(), False),
        (lambda: keras.callbacks.CSVLogger("log.csv"), False),
        (lambda: keras.callbacks.LearningRateScheduler(float), False),
        (lambda: keras.callbacks.TerminateOnNaN(), False),
        (lambda: keras.callbacks.ModelCheckpoint("x.keras"), False),
        (lambda: keras.callbacks.ModelCheckpoint("x.keras", save_freq=10), True),
        (lambda: keras.callbacks.BackupAndRestore("x"), False),
        (lambda: keras.callbacks.BackupAndRestore("x", save_freq=10), True),
        (lambda: keras.callbacks.TensorBoard("x"), False),
        (lambda: keras.callbacks.TensorBoard("x", update_freq="batch"), True),
        (lambda: keras.callbacks.TensorBoard("x", write_steps_per_second=True), True),
        (lambda: keras.callbacks.LambdaCallback(on_epoch_end=print), False),
        (lambda: keras.callbacks.LambdaCallback(on_train_batch_end=print), True),
        (lambda: OldStyle(), True),
        (lambda: OwnCheckpoint("x.keras"), True),
    ],
)
def test_who_needs_every_training_batch(callback: Any, expected: bool) -> None:
    assert need_batches([keras.callbacks.EarlyStopping(), callback()], TRAIN_HOOKS) is expected


def test_validation_has_hooks_of_its_own() -> None:
    assert not need_batches([OldStyle()], TEST_HOOKS)
    assert need_batches([keras.callbacks.LambdaCallback(on_train_begin=print), OnTestBatch()], TEST_HOOKS)
    assert not need_batches([OnTestBatch()], TRAIN_HOOKS)


class OnTestBatch(keras.callbacks.Callback):
    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at every validation batch."""
