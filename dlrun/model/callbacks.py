"""From the config's callbacks to Keras's; what they write stays in the run's folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from string import Formatter
from typing import TYPE_CHECKING, Any

import keras

from dlrun.catalog import keras_entry
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.model.compile import log_names
from dlrun.model.objects import build_object

if TYPE_CHECKING:
    from dlrun.config import Config

_PATHS = ("filepath", "filename", "backup_dir", "directory", "log_dir")


def build_callbacks(config: Config, checkpoints_dir: Path) -> list[keras.callbacks.Callback]:
    """Build the callbacks.

    Args:
        config: Its section `callbacks`.
        checkpoints_dir: The folder in which relative paths lie.

    Returns:
        The callbacks, in the config's order.

    Raises:
        ConfigError: If a callback is unknown, refuses its arguments, would write elsewhere, or watches what is not
            logged.
    """
    callbacks: list[keras.callbacks.Callback] = []
    problems: list[Problem] = []
    logged = log_names(config)
    for spec in config.callbacks:
        found = list(_monitor_problems(config, spec, logged))
        try:
            given = {name: _inside(config, spec, name, value, checkpoints_dir) for name, value in _paths_of(spec)}
            found += _template_problems(config, spec, logged)
            callbacks += [] if found else [build_object(spec, "callbacks", config, **given)]
        except ConfigError as error:
            found += error.problems
        problems += found
    if problems:
        raise ConfigError(*problems)
    return callbacks


def _paths_of(spec: ObjectSpec) -> Iterable[tuple[str, Any]]:
    """Return the arguments that name files, with Keras's default where none is given (TensorBoard's `logs`)."""
    entry = keras_entry("callbacks", spec.type)
    defaults = {parameter.name: parameter.default for parameter in entry.parameters} if entry else {}
    values = {**{name: defaults[name] for name in _PATHS if name in defaults}, **spec.args}
    return [(name, values[name]) for name in _PATHS if isinstance(values.get(name), str)]


def _inside(config: Config, spec: ObjectSpec, argument: str, value: str, folder: Path) -> str:
    """Return the path in the run's folder that `value` stands for."""
    drives = PureWindowsPath(value)
    leaves = PurePosixPath(value).is_absolute() or drives.is_absolute() or ".." in drives.parts
    path = folder / value
    if leaves or "://" in value or value.startswith("~") or not path.resolve().is_relative_to(folder.resolve()):
        fix = "Give a relative path without '..': it lies in the run's folder `checkpoints`."
        what = f"'{value}' is outside the run's folder, and nothing is written there"
        raise ConfigError(config.problem(spec.path_of(argument), what, fix))
    return str(path)


def _monitor_problems(config: Config, spec: ObjectSpec, logged: list[str]) -> Iterable[Problem]:
    """Return a problem where `monitor` is never logged; Keras would only warn, and never stop or save."""
    monitor = spec.args.get("monitor")
    if isinstance(monitor, str) and monitor not in _known(logged):
        what = f"'{monitor}' is not logged in this run"
        return [config.problem(spec.path_of("monitor"), what, _log_hint(monitor, logged))]
    return []


def _template_problems(config: Config, spec: ObjectSpec, logged: list[str]) -> Iterable[Problem]:
    """Return a problem for each `{name}` in a file's name that Keras could not fill in."""
    for argument in ("filepath", "filename"):
        template = spec.args.get(argument)
        if not isinstance(template, str):
            continue
        path = spec.path_of(argument)
        try:
            fields = [(name, form) for _, name, form, _ in Formatter().parse(template) if name is not None]
        except ValueError as error:
            return [config.problem(path, f"'{template}': {error}", "Write it like {epoch:03d}.keras.")]
        known = [*_known(logged), "epoch", *(["batch"] if spec.args.get("save_freq", "epoch") != "epoch" else [])]
        unknown = [name for name, _ in fields if name not in known]
        if unknown:
            fix = _log_hint(unknown[0], known)
            return [config.problem(path, f"'{{{unknown[0]}}}' in '{template}' is not logged in this run", fix)]
        return [problem for name, form in fields if (problem := _format_problem(config, path, template, name, form))]
    return []


def _format_problem(config: Config, path: Any, template: str, name: str, form: str | None) -> Problem | None:
    try:
        format(1 if name in {"epoch", "batch"} else 0.5, form or "")
    except ValueError as error:
        what = f"'{{{name}:{form}}}' in '{template}' is no format for a number: {error}"
        return config.problem(path, what, "Write {epoch:03d} for an epoch and {val_loss:.4f} for a loss.")
    return None


def _known(logged: list[str]) -> set[str]:
    return {*logged, *(f"val_{name}" for name in logged), "learning_rate"}


def _log_hint(name: str, logged: list[str]) -> str:
    return did_you_mean(name, _known(logged)) or f"Logged are: {', '.join(logged)}, and each with val_ before it."
