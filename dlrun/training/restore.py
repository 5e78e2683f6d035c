"""Putting a checkpoint back into model and callbacks; it may be a stranger's, and hold anything."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.training.callback_state import set_callback_states
from dlrun.training.packing import Array, unpack

_ODD = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, csv.Error,
)  # fmt: skip


class UnfitError(ValueError):
    """A checkpoint is not one of this experiment."""


@contextlib.contextmanager
def restoring() -> Iterator[None]:
    """Turn whatever goes wrong with the contents of a checkpoint into an UnfitError."""
    try:
        yield
    except _ODD as error:
        raise UnfitError(str(error) or type(error).__name__) from error


def restore_into(
    model: Any, callbacks: Any, state: Mapping[str, Any], arrays: Mapping[str, Any], folder: Path
) -> tuple[int, int, Mapping[str, Any]]:
    """Put everything back, and return epoch, batch and logs.

    Args:
        model: The model.
        callbacks: Keras's CallbackList, which has heard `on_train_begin`.
        state: What the checkpoint holds as JSON.
        arrays: And as arrays.
        folder: Where callbacks write; no checkpoint changes that.

    Raises:
        UnfitError: If it does not fit.
    """
    with restoring():
        epoch, batch = _count(state["epoch"], "epoch"), _count(state["batch"], "batch")
        if batch:  # what callbacks do here is overwritten, but for what cannot be kept
            callbacks.on_epoch_begin(epoch)
        set_variables(model, arrays, with_metrics=bool(batch))
        set_callback_states(callbacks.callbacks, state["callbacks"], arrays["callbacks"], folder)
        model.stop_training = bool(state["stop"])
        logs = unpack(state["logs"], arrays["callbacks"])
        if not isinstance(logs, Mapping):
            raise ValueError("its logs are no mapping")
        return epoch, batch, logs


def _count(value: Any, what: str) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"its {what} is {value!r:.40}")
    return value


def variables_of(model: Any, *, with_metrics: bool) -> dict[str, list[Array]]:
    """Return the arrays of everything that a training step changes: weights, seeds of dropout, optimizer, metrics."""
    groups = _groups(model, with_metrics)
    return {name: [np.array(variable) for variable in group] for name, group in groups.items()}


def set_variables(model: Any, arrays: Mapping[str, Any], *, with_metrics: bool) -> None:
    """Put arrays back into a model.

    Raises:
        ValueError: If they are not this model's; nothing has been changed then.
    """
    groups = _groups(model, with_metrics)
    for name, variables in groups.items():
        given = [(str(array.dtype), tuple(array.shape)) for array in arrays[name]]
        wanted = [(str(variable.dtype), tuple(variable.shape)) for variable in variables]
        if given != wanted:
            raise ValueError(f"it holds other {name} than the network has")
    for name, variables in groups.items():
        for variable, array in zip(variables, arrays[name], strict=True):
            variable.assign(array)


def _groups(model: Any, with_metrics: bool) -> dict[str, list[Any]]:
    metrics = list(model.metrics_variables) if with_metrics else []
    return {"variables": list(model.variables), "optimizer": list(model.optimizer.variables), "metrics": metrics}
