"""Optimizer, loss and metrics for a model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import keras

from dlrun.catalog import keras_entry
from dlrun.config.checks.monitors import metric_name
from dlrun.config.heads import Head, heads_of
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError
from dlrun.model.explain import explain
from dlrun.model.objects import build_object

if TYPE_CHECKING:
    from dlrun.config import Config

# Without these, Keras gives one number per class; a line of the history holds one per metric.
_ONE_NUMBER = {"average": "macro", "class_aggregation": "uniform_average"}
SCOPE = re.compile("[A-Za-z0-9.][A-Za-z0-9_.>-]*|")  # what TensorFlow takes as a name inside of a graph
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
    if not all(SCOPE.fullmatch(head.output) for head in heads):
        _make_loss_trackers(model, heads)


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


def _make_loss_trackers(model: keras.Model, heads: tuple[Head, ...]) -> None:
    """Let Keras make the variables in which it keeps each output's loss, by computing the loss of one row of zeros.

    Their names hold the targets', and inside of a graph, where Keras would make them, TensorFlow refuses names that
    are no ASCII words: `나이_loss`.
    """
    shapes = {name: tuple(1 if n is None else n for n in tensor.shape) for name, tensor in model.output.items()}
    sparse = {head.output for head in heads if head.task == "multiclass" and not head.one_hot}
    zeros = keras.ops.zeros
    model.compute_loss(
        y={name: zeros(shape[:-1], "int32") if name in sparse else zeros(shape) for name, shape in shapes.items()},
        y_pred={name: zeros(shape) for name, shape in shapes.items()},
    )
    model.reset_metrics()


def _metrics(written: Any, head: Head, config: Config) -> list[Any]:
    return [build_metric(spec, head, config) for spec in _specs(written, head)]


def _specs(written: Any, head: Head) -> tuple[ObjectSpec, ...]:
    return tuple(written.get(head.output, ()) if isinstance(written, dict) else written)


def _keyed(by_output: dict[str, Any]) -> Any:
    return by_output.get("", by_output)
