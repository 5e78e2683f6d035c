"""Layers and the wires between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dlrun.catalog import keras_entry
from dlrun.config.config import Config
from dlrun.config.graph import wire
from dlrun.config.graph_layers import MODEL, is_operation
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError, Problem
from dlrun.keras_functions import operations

JOINS = {"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"}
_ONE_INPUT = {"Activation", "BatchNormalization", "Conv1D", "Conv2D", "Dense", "Dropout", "Embedding", "Flatten"}


def check_graph(config: Config) -> Iterator[Problem]:
    """Find names that no input or layer has, names used twice, and parts that lead to no output."""
    if not config.layers:
        yield config.problem(("layers",), "there are no layers", "Write at least one: layers: [{Dense: 1}].")
        return
    try:
        wire(config, _input_names(config))
    except ConfigError as error:
        yield from error.problems


def _input_names(config: Config) -> tuple[str, ...]:
    """Return the inputs' names; without `inputs` there is one, called features or like a tensor column."""
    if config.inputs:
        return tuple(config.inputs)
    named = [name for spec in config.layers for name in spec.inputs or ()]
    columns = (config.data.features or ()) if config.data else ()
    found = [name for name in named if name in columns]
    first = config.layers[0].inputs or ()
    return tuple(found[:1]) or first[:1] or ("features",)


def check_joins(config: Config) -> Iterator[Problem]:
    """Find a Concatenate that joins nothing, a Dense that is given several inputs, arithmetic with too few numbers."""
    for spec in _all_layers(config.layers):
        count = 1 if spec.inputs is None else len(spec.inputs)
        if spec.type in JOINS and count < 2 and not _may_be_many(config, spec):
            fix = "Write inputs: [first, second] beside it."
            yield config.problem(spec.path, f"{spec.type} joins several inputs, and has one", fix)
        elif spec.type in _ONE_INPUT and count > 1 and not spec.call:
            fix = "Join them with a Concatenate layer above."
            yield config.problem((*spec.path, "inputs"), f"{spec.type} takes one input, and has {count}", fix)
        elif is_operation(spec.type):
            yield from _check_operation(config, spec, count)


def _all_layers(layers: Iterable[ObjectSpec]) -> Iterator[ObjectSpec]:
    """Yield layers, and those of nested models."""
    for spec in layers:
        yield spec
        if spec.type == MODEL:
            yield from _all_layers(spec.args.get("layers", ()))


def _may_be_many(config: Config, spec: ObjectSpec) -> bool:
    """Tell whether what comes into a layer may be several tensors: a layer of several outputs gives them as a list."""
    many = {"LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "MultiHeadAttention", "Attention", MODEL, "shared"}
    types = {layer.type for layer in _all_layers(config.layers)}
    return bool(types & many or any(is_operation(kind) or keras_entry("layers", kind) is None for kind in types))


def _check_operation(config: Config, spec: ObjectSpec, count: int) -> Iterator[Problem]:
    """Find `ops.add` with one tensor and no number beside it, and `ops.mean` with two tensors."""
    function = operations().get(spec.type)
    if function is None or spec.call or len(function.tensors) < 2:
        return
    required = {parameter.name for parameter in function.parameters if parameter.required}
    free = [name for name in function.tensors if name not in spec.args]
    lacking = [name for name in free[count:] if name in required]
    if lacking:
        what = f"{spec.type} needs {' and '.join(lacking)}, too"
        fix = f"Write inputs: [first, second] beside it, or a number: {spec.type}: {{{lacking[0]}: 2.0}}."
        yield config.problem(spec.path, what, fix)
