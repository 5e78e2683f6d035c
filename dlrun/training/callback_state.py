"""What callbacks remember between two epochs, as values that can be kept and put back.

A callback of the user's own may say what it remembers with a pair of methods, `get_state()` that returns plain values
and arrays, and `set_state(state)`. Of every other callback all attributes that are plain values or arrays are kept.
"""

from __future__ import annotations

import io
import logging
import os
import re
import types
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dlrun.errors import ConfigError, Problem
from dlrun.training.packing import Array, NotPackable, pack, unpack

# Their other attributes belong to open files and to this process's clock.
_TENSORBOARD = ("_global_train_batch", "_global_test_batch")
_CSV_LOGGER = ("keys",)
_SET_LATER = "_current_epoch"  # a number that ModelCheckpoint has once an epoch has begun, and not before
_NOT_STATE = {"_model", "params", "validation_data"}


def callback_states(callbacks: Iterable[Any], folder: Path, arrays: list[Array]) -> list[dict[str, Any]]:
    """Return what each callback remembers, as JSON; arrays go to `arrays`.

    Args:
        callbacks: Keras callbacks.
        folder: Where they write; texts that name it are left out, since the folder may be moved.
        arrays: Is added to.
    """
    return [_state(callback, folder, arrays) for callback in callbacks]


def set_callback_states(callbacks: Sequence[Any], states: Sequence[Any], arrays: Sequence[Array], folder: Path) -> None:
    """Put back what `callback_states` returned, into callbacks that have heard `on_train_begin`.

    Raises:
        ValueError: If these are others, or would get what `callback_states` does not keep, such as the path of a file.
    """
    types = [type(callback).__name__ for callback in callbacks]
    if types != [state["type"] for state in states]:
        raise ValueError(f"the callbacks were {', '.join(s['type'] for s in states)}, now {', '.join(types)}")
    for callback, state in zip(callbacks, states, strict=True):
        _set_state(callback, state, arrays, folder)


def open_for_more(callbacks: Iterable[Any], states: Sequence[Any], epoch: int) -> None:
    """Let CSVLogger and OrbaxCheckpoint go on with their files as they were; to be called before `on_train_begin`.

    Args:
        callbacks: Keras callbacks.
        states: What `callback_states` returned.
        epoch: Where training goes on, counted from 0.
    """
    import keras

    for callback, state in zip(callbacks, states, strict=False):
        if _is_orbax(callback):
            by_epoch = callback.save_freq == "epoch"
            _forget_later(callback, epoch if by_epoch else state["attributes"]["_total_batches_seen"] + 1)
        if isinstance(callback, keras.callbacks.CSVLogger) and "content" in state:
            Path(callback.filename).parent.mkdir(parents=True, exist_ok=True)
            Path(callback.filename).write_text(state["content"], encoding="utf-8", newline="")
            callback.append = True


def _forget_later(callback: Any, first: int) -> None:
    """Take away what OrbaxCheckpoint saved at this step and after it: it comes again, and Orbax replaces nothing."""
    for step in [found.step for found in callback.checkpointer.checkpoints]:
        if step >= first:
            callback.checkpointer.delete(step)


def _state(callback: Any, folder: Path, arrays: list[Array]) -> dict[str, Any]:
    import keras

    found: dict[str, Any] = {"type": type(callback).__name__}
    if hasattr(callback, "get_state"):
        return {**found, "state": _own_state(callback, arrays)}
    if isinstance(callback, keras.callbacks.CSVLogger):
        found["content"] = _content(Path(callback.filename))
    if _is_orbax(callback):
        callback.wait_until_finished()  # it saves in the background, and is not to save this again
    found["knows_direction"] = getattr(callback, "monitor_op", None) is not None
    found["attributes"] = _attributes(callback, folder, arrays)
    return found


def check_own_states(callbacks: Iterable[Any]) -> None:
    """Make sure, before hours are trained, that what callbacks of the user's own want to have kept can be.

    Raises:
        ConfigError: If it cannot.
    """
    for callback in callbacks:
        if hasattr(callback, "get_state"):
            _own_state(callback, [])
            if not hasattr(callback, "set_state"):
                what = f"the callback {type(callback).__name__} has get_state(), but no set_state(state)"
                raise ConfigError(Problem(what, "Give it both, or none.", "callbacks"))


def lost_attributes(callbacks: Iterable[Any], folder: Path) -> Iterator[str]:
    """Yield a sentence for each callback of the user's own that remembers what no checkpoint keeps."""
    for callback in callbacks:
        if _is_keras(callback) or hasattr(callback, "get_state"):
            continue
        kept = _attributes(callback, folder, [])
        lost = [
            f"{name} ({type(value).__name__})"
            for name, value in vars(callback).items()
            if name not in kept and _is_own(callback, name) and not _stays(value) and not _names(value, folder)
        ]
        if lost:
            who = f"of the callback {type(callback).__name__}, {', '.join(lost)}"
            yield f"{who} cannot be kept, and would be lost in a resume; give it get_state() and set_state(state)"


def _stays(value: Any) -> bool:
    """Tell whether it remembers nothing, or cannot outlive its process: code, an open file, the network itself."""
    import keras

    code = (type, types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType)
    fixed = (os.PathLike, re.Pattern, logging.Logger, io.IOBase)
    return isinstance(value, (*code, *fixed, keras.Layer, keras.optimizers.Optimizer, keras.losses.Loss))


def _own_state(callback: Any, arrays: list[Array]) -> Any:
    try:
        return pack(callback.get_state(), arrays)
    except NotPackable as error:
        what = f"get_state() of the callback {type(callback).__name__} returns what cannot be kept: {error}"
        raise ConfigError(Problem(what, "Return plain values, lists, dictionaries and arrays.", "callbacks")) from error


def _attributes(callback: Any, folder: Path, arrays: list[Array]) -> dict[str, Any]:
    only = _only(callback) or ()
    found: dict[str, Any] = {}
    for name, value in vars(callback).items():
        if not (name in only or _is_own(callback, name)) or _names(value, folder):
            continue
        before = len(arrays)
        try:
            found[name] = pack(value, arrays)
        except NotPackable:  # a function, an open file: it stays as the callback was built
            del arrays[before:]
    return found


def _only(callback: Any) -> tuple[str, ...] | None:
    """Return the only attributes to keep, where Keras mixes what it remembers with what is open."""
    import keras

    if isinstance(callback, keras.callbacks.TensorBoard):
        return _TENSORBOARD
    return _CSV_LOGGER if isinstance(callback, keras.callbacks.CSVLogger) else None


def _is_own(callback: Any, name: str) -> bool:
    """Tell whether it may be kept for its name alone: what such a class of Keras's own speaks of may not."""
    if name in _NOT_STATE or _only(callback) is None:
        return name not in _NOT_STATE
    keras_classes = [base for base in type(callback).__mro__ if base.__module__.partition(".")[0] == "keras"]
    methods = [value for base in keras_classes for value in vars(base).values() if hasattr(value, "__code__")]
    return not _is_keras(callback) and not any(name in method.__code__.co_names for method in methods)


def _set_state(callback: Any, state: dict[str, Any], arrays: Sequence[Array], folder: Path) -> None:
    if "state" in state:
        callback.set_state(unpack(state["state"], arrays))
        return
    if state["knows_direction"] and getattr(callback, "monitor_op", None) is None:
        callback._set_monitor_op()  # finds out which way is better, and turns the sign of min_delta (kept below)
    known = _attributes(callback, folder, [])
    for name, value in state["attributes"].items():
        if _is_keras(callback) and name == _SET_LATER and type(value) is int:
            setattr(callback, name, value)
            continue
        if _is_keras(callback) and name not in known:  # else a checkpoint could say which file is to be overwritten
            raise ValueError(f"{state['type']} does not remember '{name}'")
        setattr(callback, name, unpack(value, arrays))


def _is_orbax(callback: Any) -> bool:
    import keras

    return isinstance(callback, getattr(keras.callbacks, "OrbaxCheckpoint", ()))  # older Kerases have none


def _is_keras(callback: Any) -> bool:
    return type(callback).__module__.partition(".")[0] == "keras"


def _content(path: Path) -> str:
    return path.read_bytes().decode("utf-8") if path.is_file() else ""


def _names(value: Any, folder: Path) -> bool:
    """Tell whether a value is a path in the run's folder."""
    return isinstance(value, (str, os.PathLike)) and os.fspath(value).startswith((str(folder), str(folder.absolute())))
