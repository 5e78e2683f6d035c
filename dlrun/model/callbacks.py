"""From the config's callbacks to Keras's; what they write stays in the run's folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from string import Formatter
from typing import TYPE_CHECKING, Any

import keras

from dlrun.catalog import keras_entry
from dlrun.config.checks.monitors import metric_columns
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError, Problem, did_you_mean
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
        ConfigError: If a callback is unknown, refuses its arguments, would write elsewhere, or names a file after
            what is not logged.
    """
    callbacks: list[keras.callbacks.Callback] = []
    problems: list[Problem] = []
    logged = _known(metric_columns(config))
    for spec in config.callbacks:
        try:
            given = {name: _inside(config, spec, name, value, checkpoints_dir) for name, value in _paths_of(spec)}
            _check_templates(config, spec, logged)
            callbacks.append(build_object(spec, "callbacks", config, **given))
        except ConfigError as error:
            problems += error.problems
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
    return str(path.absolute() if argument == "directory" else path)  # Orbax takes no other


def _check_templates(config: Config, spec: ObjectSpec, logged: set[str]) -> None:
    """Make sure that Keras can fill in each `{name}` in a file's name; else it fails after the first epoch."""
    per_batch = spec.args.get("save_freq", "epoch") != "epoch"
    known = logged | {"epoch"} | ({"batch"} if per_batch else set())
    for argument in ("filepath", "filename"):
        template = spec.args.get(argument)
        if not isinstance(template, str):
            continue
        what, fix = _template_fault(template, known, bool(config.code))
        if what:
            raise ConfigError(config.problem(spec.path_of(argument), f"'{template}': {what}", fix))


def _template_fault(template: str, known: set[str], more_known: bool) -> tuple[str, str]:
    """Return what is wrong with a template and how to mend it, or empty texts."""
    try:
        fields = [(name, form or "") for _, name, form, _ in Formatter().parse(template) if name is not None]
    except ValueError as error:
        return str(error), "Write it like {epoch:03d}.keras."
    for name, form in fields:
        if name not in known and not (more_known and name.isidentifier()):  # a metric of the user's own
            fix = did_you_mean(name, known) or f"There are: {', '.join(sorted(known))}."
            return f"'{{{name}}}' is not logged in this run", fix
        try:
            format(1 if name in {"epoch", "batch"} else 0.5, form)
        except ValueError:
            fix = "Write {epoch:03d} for an epoch and {val_loss:.4f} for a loss."
            return f"'{{{name}:{form}}}' is no format for {'a whole' if name == 'epoch' else 'this'} number", fix
    return "", ""


def _known(columns: list[str]) -> set[str]:
    return {*columns, *(f"val_{name}" for name in columns), "learning_rate"}
