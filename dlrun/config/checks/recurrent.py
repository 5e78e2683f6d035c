"""Recurrent layers above one another: what one gives is what the next one takes; told from the config alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dlrun.config.config import Config
from dlrun.config.objects import ObjectSpec, Path
from dlrun.errors import Problem

_RECURRENT = {"SimpleRNN", "LSTM", "GRU"}
_TAKE_SEQUENCES = _RECURRENT | {
    "AveragePooling1D", "Bidirectional", "Conv1D", "GlobalAveragePooling1D", "GlobalMaxPooling1D", "MaxPooling1D",
    "SeparableConv1D", "TimeDistributed",
}  # fmt: skip
_KEEP_SHAPE = {"Dropout", "BatchNormalization", "LayerNormalization", "Activation", "GaussianNoise", "SpatialDropout1D"}
_JOIN_STEPS = {"Flatten", "GlobalAveragePooling1D", "GlobalMaxPooling1D", "Reshape"}


def check_sequences(config: Config) -> Iterator[Problem]:
    """Find a recurrent layer that gives its last step only to one that wants all, and the other way round."""
    stack = _stack(config)
    for above, layer in pairwise(stack):
        cell, path = _cell(above)
        if cell is None or cell.args.get("return_sequences"):
            continue
        if layer.type in _TAKE_SEQUENCES:
            what = f"this {above.type} gives its last step only, but the {layer.type} below it takes every step"
            fix = "Set `return_sequences: true` here."
            yield config.problem(path, what, fix)
    yield from _check_end(config, stack)


def _check_end(config: Config, stack: list[ObjectSpec]) -> Iterator[Problem]:
    """Find a last recurrent layer that gives every step to a Dense that is to give one label."""
    window = config.preprocessing.window
    if window is None or len(stack) != len([*_layers(config)]) or window.horizon == window.length:
        return
    last = max((n for n, spec in enumerate(stack) if _cell(spec)[0] is not None), default=None)
    if last is None:
        return
    cell, path = _cell(stack[last])
    rest = {spec.type for spec in stack[last + 1 :]}
    if cell is not None and cell.args.get("return_sequences") is True and rest <= {"Dense"}:
        what = (
            f"the last {stack[last].type} gives every one of the {window.length} steps, "
            f"but the label is {window.horizon} step{'s' if window.horizon > 1 else ''}"
        )
        yield config.problem(path, what, "Leave out `return_sequences`, or put `Flatten` below.")


def _layers(config: Config) -> list[ObjectSpec]:
    return [spec for spec in config.layers if spec.type not in _KEEP_SHAPE]


def _stack(config: Config) -> list[ObjectSpec]:
    """Return the layers that stand one above another without wires of their own, those that keep shapes left out."""
    return _layers(config) if all(spec.inputs is None for spec in config.layers[1:]) else []


def _cell(spec: ObjectSpec) -> tuple[ObjectSpec | None, Path]:
    """Return the recurrent layer in a layer, be it inside a Bidirectional, and the place to write return_sequences."""
    if spec.type == "Bidirectional":
        inner = spec.args.get("layer")
        spec = inner if isinstance(inner, ObjectSpec) else spec
    if spec.type not in _RECURRENT:
        return None, spec.path
    return spec, spec.path_of("return_sequences") if "return_sequences" in spec.args else spec.path
