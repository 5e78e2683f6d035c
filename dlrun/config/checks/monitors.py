"""Callbacks that watch a metric: it must exist, and there must be rows to compute it on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dlrun.catalog import keras_entry
from dlrun.config.checks.split import has_validation
from dlrun.config.config import Config
from dlrun.config.heads import heads_of
from dlrun.config.layer_names import snake_case
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
    """Return the names of the columns that Keras computes in training, without `val_`: loss, price_mae, ...."""
    heads = heads_of(config)
    if config.compile is None:
        return ["loss"]
    prefixes = {head.output: f"{head.output}_" if len(heads) > 1 else "" for head in heads}
    names = ["loss", *(f"{prefix}loss" for prefix in prefixes.values() if prefix)]
    for output, prefix in prefixes.items():
        plain = _metric_names(config.compile.metrics, output)
        weighted = _metric_names(config.compile.weighted_metrics, output)
        names += [prefix + name for name in _told_apart(plain, weighted)]
    return names


def _metric_names(metrics: tuple[ObjectSpec, ...] | dict[str, tuple[ObjectSpec, ...]], output: str) -> list[str]:
    return [metric_name(spec) for spec in (metrics.get(output, ()) if isinstance(metrics, dict) else metrics)]


def _told_apart(plain: list[str], weighted: list[str]) -> list[str]:
    """Return metrics' names; Keras tells those that are alike apart so: auc, auc_1, weighted_auc."""
    seen: Counter[str] = Counter()
    names = []
    for given, is_weighted in [*((name, False) for name in plain), *((name, True) for name in weighted)]:
        name = f"weighted_{given}" if is_weighted and seen[given] else given
        names.append(f"{name}_{seen[name]}" if seen[name] else name)
        seen[name] += 1
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
