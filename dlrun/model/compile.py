"""Optimizer, loss and metrics for a model, and the names that Keras gives to what it logs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import keras

from dlrun.catalog import keras_entry
from dlrun.config.graph import snake_case
from dlrun.config.heads import Head, heads_of
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError
from dlrun.model.explain import explain
from dlrun.model.objects import build_object

if TYPE_CHECKING:
    from dlrun.config import Config

# Without these, Keras gives one number per class; a line of the history holds one per metric.
_ONE_NUMBER = {"average": "macro", "class_aggregation": "uniform_average"}
_BY_LOSS = {"accuracy", "acc"}  # Keras compares them without case


def compile_model(model: keras.Model, config: Config, *, steps_per_execution: int | None = None) -> None:
    """Give the model its optimizer, loss and metrics.

    Args:
        model: From `build_model`.
        config: Its section `compile`.
        steps_per_execution: Batches in one call where the config leaves it open; default 1.

    Raises:
        ConfigError: If Keras refuses an argument of theirs.
    """
    config.require("compile")
    section = config.compile
    assert section is not None
    heads = heads_of(config)
    optimizer = build_object(section.optimizer, "optimizers", config)
    losses = {head.output: build_object(head.loss, "losses", config) for head in heads}
    try:
        model.compile(
            optimizer=optimizer,
            loss=_keyed(losses),
            loss_weights=section.loss_weights,
            metrics=_keyed({h.output: _metrics(section.metrics, h, config) for h in heads}),
            weighted_metrics=_keyed({h.output: _metrics(section.weighted_metrics, h, config) for h in heads}),
            jit_compile=section.jit_compile,  # never "auto": the bits differ with and without
            steps_per_execution=section.steps_per_execution or steps_per_execution or 1,
        )
    except (ValueError, TypeError) as error:
        raise ConfigError(config.problem(("compile",), explain(error))) from error


def log_names(config: Config) -> list[str]:
    """Return what Keras will log in each epoch, without the `val_` ones: `loss`, `accuracy`, `price_loss`, ...."""
    config.require("compile")
    section = config.compile
    assert section is not None
    heads = heads_of(config)
    several = len(heads) > 1
    names = ["loss", *(f"{head.output}_loss" for head in heads if several)]
    for head in heads:
        prefix = f"{head.output}_" if several else ""
        plain = [metric_name(spec) for spec in _specs(section.metrics, head)]
        weighted = [metric_name(spec) for spec in _specs(section.weighted_metrics, head)]
        names += [prefix + name for name in _told_apart(plain, weighted)]
    return names


def metric_name(spec: ObjectSpec) -> str:
    """Return the name of a metric as Keras gives it in a new process: the spelling of a bare one, else the class's."""
    if "name" in spec.args:
        return str(spec.args["name"])
    entry = keras_entry("metrics", spec.type)
    if not spec.args or entry is None:
        return spec.type
    default = next((p.default for p in entry.parameters if p.name == "name"), None)
    return str(default or snake_case(entry.name))


def build_metric(spec: ObjectSpec, head: Head, config: Config) -> Any:
    """Build a metric for an output; what Keras chooses by the loss stays a name."""
    if spec.type.lower() in _BY_LOSS and not spec.args:
        # Keras takes several binary labels for one-hot classes.
        several_labels = head.task == "binary" and len(head.targets) > 1
        return keras.metrics.BinaryAccuracy(name=spec.type) if several_labels else spec.type
    entry = keras_entry("metrics", spec.type)
    if entry is None or not entry.is_class:
        return build_object(spec, "metrics", config)
    given: dict[str, Any] = {} if "name" in spec.args else {"name": metric_name(spec)}
    for argument, value in _ONE_NUMBER.items():
        if argument in entry.parameter_names and spec.args.get(argument) is None:
            given[argument] = value
    return build_object(spec, "metrics", config, **given)


def _metrics(written: Any, head: Head, config: Config) -> list[Any]:
    return [build_metric(spec, head, config) for spec in _specs(written, head)]


def _specs(written: Any, head: Head) -> tuple[ObjectSpec, ...]:
    return tuple(written.get(head.output, ()) if isinstance(written, dict) else written)


def _keyed(by_output: dict[str, Any]) -> Any:
    return by_output.get("", by_output)


def _told_apart(plain: list[str], weighted: list[str]) -> list[str]:
    """Tell equal names apart as Keras does: auc, auc_1, weighted_auc."""
    seen: Counter[str] = Counter()
    names = []
    for given, is_weighted in [*((n, False) for n in plain), *((n, True) for n in weighted)]:
        name = f"weighted_{given}" if is_weighted and seen[given] else given
        names.append(f"{name}_{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names
