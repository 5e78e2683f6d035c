"""The user's own layers, losses, steps and plots: Python files that a config names under `code`."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from dlrun.catalog import keras_entry
from dlrun.config.own import plugins_for
from dlrun.errors import ConfigError, DlrunError, Location, Problem, RunError
from dlrun.keras_catalog import keras_kinds
from dlrun.model.explain import explain, place_in
from dlrun.plugins import Plugin

if TYPE_CHECKING:
    from dlrun.config import Config

_loaded: dict[Path, tuple[str, ModuleType]] = {}
_packages: dict[str, ModuleType] = {}


def load_user_code(config: Config, trust: bool) -> list[ModuleType]:
    """Run the config's `code` files, so that their classes and functions are known by their names.

    Installed packages that add a name which the config uses are imported first.

    A file may register steps and plots with `dlrun.register`; its Keras classes and its functions need no
    registration. A file that has not changed since it was run is not run again.

    Args:
        config: Its key `code`.
        trust: Whether the user said that the files may run.

    Raises:
        RunError: If they may not.
        ConfigError: If a file is missing, fails, or takes the name of something of Keras's.
    """
    if config.code and not trust:
        fix = "Read it first; then run the command again with --trust."
        raise RunError(
            *(
                config.problem(
                    ("code", n), f"{Path(file).name} is Python code, which dlrun runs only if you trust it", fix
                )
                for n, file in enumerate(config.code)
            )
        )
    packages = [_load_plugin(plugin) for plugin in plugins_for(config)]
    return packages + [_load(config, n, Path(file)) for n, file in enumerate(config.code)]


def _load_plugin(plugin: Plugin) -> ModuleType:
    """Import a module of an installed package, which the user trusts by having installed it."""
    if plugin.module in _packages:
        return _packages[plugin.module]
    try:
        module = importlib.import_module(plugin.module)
    except Exception as error:  # whatever the package raises
        what = f"the package {plugin.package} cannot be imported: {explain(error)}"
        raise ConfigError(Problem(what, f"Repair it, or uninstall {plugin.package}.")) from error
    _register(module, Path(module.__file__ or plugin.module))
    _packages[plugin.module] = module
    return module


def _load(config: Config, position: int, path: Path) -> ModuleType:
    try:
        source = path.read_bytes()
    except OSError as error:
        problem = config.problem(("code", position), f"{path.name} cannot be read: {error.strerror}")
        raise ConfigError(problem) from error
    digest = hashlib.sha256(source).hexdigest()
    if path not in _loaded or _loaded[path][0] != digest:
        module = _run(path)
        _register(module, path)
        _loaded[path] = (digest, module)
    return _loaded[path][1]


def _run(path: Path) -> ModuleType:
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)  # last, so that a user's random.py does not stand in for Python's
    name = f"dlrun_code_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(Problem("this is no Python file", "Its name must end in .py.", location=Location(str(path))))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # as for any module: classes look their module up by its name
    try:
        spec.loader.exec_module(module)
    except DlrunError:
        raise
    except Exception as error:  # whatever the user's code raises is told at its line
        del sys.modules[name]
        raise ConfigError(_failure(path, error)) from error
    return module


def _failure(path: Path, error: Exception) -> Problem:
    place = place_in([str(path)], error) or (str(path), 0)
    said = error.msg if isinstance(error, SyntaxError) else explain(error)
    return Problem(
        f"{type(error).__name__}: {said.removeprefix(f'{type(error).__name__}: ')}", location=Location(*place)
    )


def _register(module: ModuleType, path: Path) -> None:
    """Make the file's classes and functions known by their bare names."""
    import keras

    objects = keras.saving.get_custom_objects()
    for name, target in vars(module).items():
        own = getattr(target, "__module__", None) == module.__name__ and not name.startswith("_")
        if not own or not (inspect.isfunction(target) or _is_keras_class(target)):
            continue
        if inspect.isclass(target) and any(keras_entry(kind, name) for kind in keras_kinds()):
            line = inspect.getsourcelines(target)[1]
            problem = Problem(
                f"Keras has a '{name}' of its own", "Rename the class.", location=Location(str(path), line)
            )
            raise ConfigError(problem)
        objects[name] = target


def _is_keras_class(target: object) -> bool:
    from dlrun.model.objects import NAMESPACES

    bases = tuple(base for kind, (_, base) in NAMESPACES.items() if kind != "activations")
    return inspect.isclass(target) and issubclass(target, bases)
