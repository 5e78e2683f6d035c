"""Layers and the wires between them."""

from __future__ import annotations

from collections.abc import Iterator

from dlrun.config.config import Config
from dlrun.config.graph import wire
from dlrun.errors import ConfigError, Problem

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
    """Find a Concatenate that joins nothing, and a Dense that is given several inputs."""
    for spec in config.layers:
        count = 1 if spec.inputs is None else len(spec.inputs)
        if spec.type in JOINS and count < 2:
            fix = "Write inputs: [first, second] beside it."
            yield config.problem(spec.path, f"{spec.type} joins several inputs, and has one", fix)
        elif spec.type in _ONE_INPUT and count > 1:
            fix = "Join them with a Concatenate layer above."
            yield config.problem((*spec.path, "inputs"), f"{spec.type} takes one input, and has {count}", fix)
