"""Callbacks that watch a metric: it must exist, and there must be rows to compute it on."""

from __future__ import annotations

from collections.abc import Iterator

from dlrun.catalog import keras_entry
from dlrun.config.checks.split import has_validation
from dlrun.config.config import Config
from dlrun.config.graph import snake_case
from dlrun.config.objects import ObjectSpec
from dlrun.errors import Problem, nearest

_WATCHING = {"EarlyStopping", "ReduceLROnPlateau"}


def check_monitors(config: Config) -> Iterator[Problem]:
    """Find callbacks that watch what will not be there; Keras would only warn and do nothing."""
    if config.compile is None or config.data is None:
        return
    names = metric_columns(config)
    for spec in config.callbacks:
        watches = spec.type in _WATCHING or bool(spec.args.get("save_best_only"))
        if not (watches or "monitor" in spec.args):
            continue
        monitor = spec.args.get("monitor", "val_loss")
        if isinstance(monitor, str):
            yield from _check_monitor(config, spec, monitor, names)


def _check_monitor(config: Config, spec: ObjectSpec, monitor: str, names: list[str]) -> Iterator[Problem]:
    path = spec.path_of("monitor") if "monitor" in spec.args else spec.path
    metric = monitor.removeprefix("val_")
    if monitor.startswith("val_") and not has_validation(config):
        fix = f"Add data.split.validation: 0.2, or write monitor: {metric}."
        yield config.problem(path, f"{spec.type} watches {monitor}, but there are no validation rows", fix)
    if metric not in names and metric not in {"learning_rate", "lr"} and not config.code:
        prefix = monitor[: len(monitor) - len(metric)]
        near = nearest(metric, names)
        fix = f"Did you mean '{prefix}{near}'?" if near else f"There are: {', '.join(prefix + n for n in names)}."
        yield config.problem(path, f"{spec.type} watches {monitor}, which is not computed", fix)


def metric_columns(config: Config) -> list[str]:
    """Return the names of the columns that Keras computes in training, without `val_`."""
    names = ["loss"]
    if config.compile is None:
        return names
    if config.outputs:
        names += [f"{target}_loss" for target in config.outputs]
    for metrics in (config.compile.metrics, config.compile.weighted_metrics):
        if isinstance(metrics, dict):
            names += [f"{target}_{name}" for target, specs in metrics.items() for name in _distinct(specs)]
        else:
            names += _distinct(metrics)
            names += [f"{target}_{name}" for target in config.outputs for name in _distinct(metrics)]
    taken = set(names)
    weighted = config.compile.weighted_metrics
    if not isinstance(weighted, dict):
        names += [f"weighted_{name}" for name in _distinct(weighted) if f"weighted_{name}" not in taken]
    return list(dict.fromkeys(names))


def _distinct(specs: tuple[ObjectSpec, ...]) -> list[str]:
    """Return metrics' names; Keras numbers those that are alike."""
    names: list[str] = []
    for name in map(metric_name, specs):
        count = names.count(name)
        names.append(f"{name}_{count}" if count else name)
    return names


def metric_name(spec: ObjectSpec) -> str:
    """Return the name that Keras gives a metric: as written in text, else its own name or that of its class."""
    given = spec.args.get("name")
    if isinstance(given, str):
        return given
    entry = keras_entry("metrics", spec.type)
    if not spec.args or entry is None:
        return spec.type
    default = next((p.default for p in entry.parameters if p.name == "name"), None)
    return default if isinstance(default, str) else snake_case(entry.name)
