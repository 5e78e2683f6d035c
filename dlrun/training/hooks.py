"""Which callbacks need to be called after every single batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

TRAIN_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
TEST_HOOKS = ("on_test_batch_begin", "on_test_batch_end")


def need_batches(callbacks: Iterable[Any], hooks: Iterable[str]) -> bool:
    """Tell whether any callback must see every batch; if none does, many batches are computed in one call.

    Args:
        callbacks: Keras callbacks.
        hooks: TRAIN_HOOKS or TEST_HOOKS.
    """
    names = tuple(hooks)
    return any(_overrides(callback, names) and not _is_idle(callback) for callback in callbacks)


def _overrides(callback: Any, hooks: tuple[str, ...]) -> bool:
    import keras

    return any(
        getattr(getattr(callback, hook), "__func__", None) is not getattr(keras.callbacks.Callback, hook)
        for hook in hooks
    )


def _is_idle(callback: Any) -> bool:
    """Tell whether one of Keras's own callbacks does nothing after a batch as it is set up."""
    import keras

    if isinstance(callback, keras.callbacks.TerminateOnNaN):
        return True  # a chunk ends at the first batch whose loss is not finite
    if type(callback) in (keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore):
        return bool(callback.save_freq == "epoch")
    if type(callback) is keras.callbacks.TensorBoard:
        profiles = getattr(callback, "_should_trace", True)  # has no public name; if it ever goes, be careful
        return callback.update_freq == "epoch" and not callback.write_steps_per_second and not profiles
    return False
