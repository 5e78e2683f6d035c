"""The last layer, the loss and the targets belong together; told as far as the config shows it.

What depends on the data (how many classes there are) is checked again when the network is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dlrun.config.config import Config
from dlrun.config.heads import NUMBER_LOSSES, ONE_HOT_LOSSES, SPARSE_LOSSES, Head, heads_of, loss_class
from dlrun.config.objects import ObjectSpec, Path
from dlrun.config.schema import WindowConfig
from dlrun.errors import Problem

_PROBABILITY = {"sigmoid", "hard_sigmoid", "sparse_sigmoid"}
_DISTRIBUTION = {"softmax", "sparsemax"}
_BINARY_CROSSENTROPY = {"BinaryCrossentropy", "BinaryFocalCrossentropy"}


@dataclass(frozen=True)
class _Last:
    """What is visible of the layer that gives an output; None and "" where it is not."""

    path: Path
    units: int | None
    units_path: Path
    activation: str
    activation_path: Path


def check_heads(config: Config) -> Iterator[Problem]:
    """Find a softmax on one unit, a sigmoid under a categorical loss, and the like."""
    for head in heads_of(config):
        last = _last_layer(config, head)
        if last is None:
            continue
        found = list(_check_activation(config, head, last))
        yield from found or _check_units(config, head, last)


def _last_layer(config: Config, head: Head) -> _Last | None:
    """Return the Dense that gives the output, with the activation of a layer that follows it, if that is how it is."""
    at = next((n for n, spec in enumerate(config.layers) if head.layer and spec.name == head.layer), None)
    if at is None:
        if config.outputs or not config.layers:
            return None
        at = len(config.layers) - 1
    spec = config.layers[at]
    if spec.type == "Dense":
        return _dense(spec)
    if spec.type not in {"Activation", "Softmax"}:
        return None
    activation = "softmax" if spec.type == "Softmax" else _activation_name(spec)
    before = config.layers[at - 1] if at > 0 and spec.inputs is None else None
    if before is None or before.type != "Dense" or _activation_name(before) != "linear":
        return _Last(spec.path, None, spec.path, activation, spec.path)
    dense = _dense(before)
    return _Last(spec.path, dense.units, dense.units_path, activation, spec.path)


def _dense(spec: ObjectSpec) -> _Last:
    units = spec.args.get("units")
    has_activation = spec.args.get("activation") is not None
    return _Last(
        spec.path,
        units if isinstance(units, int) else None,
        spec.path_of("units"),
        _activation_name(spec),
        spec.path_of("activation") if has_activation else spec.path,
    )


def _activation_name(spec: ObjectSpec) -> str:
    activation = spec.args.get("activation")
    if activation is None:
        return "linear"
    return activation.type.lower() if isinstance(activation, ObjectSpec) else str(activation)


def _check_activation(config: Config, head: Head, last: _Last) -> Iterator[Problem]:
    loss, name = loss_class(head.loss), head.loss.type
    if last.activation in _DISTRIBUTION and last.units == 1:
        what = f"{last.activation} on one unit is always 1"
        yield config.problem(last.activation_path, what, _one_unit_mend(head))
    elif loss in _BINARY_CROSSENTROPY:
        yield from _check_binary(config, head, last)
    elif loss in SPARSE_LOSSES | (ONE_HOT_LOSSES - {"CategoricalHinge"}):
        yield from _check_categorical(config, head, last)
    elif loss in NUMBER_LOSSES and last.activation in _DISTRIBUTION:
        what = f"{last.activation} gives shares of classes, but the loss {name} is for numbers"
        fix = "Remove the activation, or change the loss to sparse_categorical_crossentropy."
        yield config.problem(last.activation_path, what, fix)


def _one_unit_mend(head: Head) -> str:
    if head.task == "regression":
        return "Remove the activation."
    if head.task == "binary":
        return "Change it to activation: sigmoid."
    return "Change units to the number of classes, or for two classes write sigmoid and loss: binary_crossentropy."


def _check_binary(config: Config, head: Head, last: _Last) -> Iterator[Problem]:
    name = head.loss.type
    if head.loss.args.get("from_logits"):
        if last.activation in _PROBABILITY | _DISTRIBUTION:
            what = f"from_logits: true says that the output is no probability, but {last.activation} makes it one"
            yield config.problem(last.activation_path, what, "Remove the activation, or from_logits.")
    elif last.activation in _DISTRIBUTION:
        what = f"{last.activation} is for several classes, but the loss is {name}"
        fix = "Change it to units: 1, activation: sigmoid, or the loss to sparse_categorical_crossentropy."
        yield config.problem(last.activation_path, what, fix)
    elif last.activation not in _PROBABILITY:
        what = f"the loss {name} needs a probability, but the output's activation is {last.activation}"
        yield config.problem(last.activation_path, what, "Change it to activation: sigmoid.")


def _check_categorical(config: Config, head: Head, last: _Last) -> Iterator[Problem]:
    name = head.loss.type
    if last.units == 1:
        what = f"one unit for the loss {name}, which needs one unit for each class"
        fix = "Change units to the number of classes, or for two classes write sigmoid and loss: binary_crossentropy."
        yield config.problem(last.units_path, what, fix)
    elif head.loss.args.get("from_logits"):
        if last.activation in _PROBABILITY | _DISTRIBUTION:
            what = f"from_logits: true says that the outputs are no probabilities, but {last.activation} makes them so"
            yield config.problem(last.activation_path, what, "Remove the activation, or from_logits.")
    elif last.activation not in _DISTRIBUTION:
        what = f"the loss {name} needs probabilities that add up to 1, but the output's activation is {last.activation}"
        yield config.problem(last.activation_path, what, "Change it to activation: softmax.")


def _check_units(config: Config, head: Head, last: _Last) -> Iterator[Problem]:
    """Numbers and yes-or-no labels need one unit for each target; with a window also one for each step ahead."""
    if last.units is None or not head.targets or not config.is_table:
        return
    count = len(head.targets)
    window = config.preprocessing.window
    if window is not None and window.horizon > 1:
        yield from _check_horizon(config, head, last, window)
        return
    if head.task == "multiclass":
        if count > 1:
            what = f"the loss {head.loss.type} is for one target, and there are {count}"
            yield config.problem(("compile", "loss"), what, "Give each target an output of its own under outputs.")
    elif loss_class(head.loss) in NUMBER_LOSSES | _BINARY_CROSSENTROPY and last.units != count:
        one = "one target needs units: 1" if count == 1 else f"{count} targets need units: {count}"
        yield config.problem(last.units_path, f"{last.units} units, but {one}", f"Change it to {count}.")


def _check_horizon(config: Config, head: Head, last: _Last, window: WindowConfig) -> Iterator[Problem]:
    """With several steps ahead one unit is needed for each; a layer that gives every step needs one for each target."""
    count = len(head.targets)
    wanted = window.horizon * count
    if loss_class(head.loss) not in NUMBER_LOSSES or last.units == wanted:
        return
    if last.units == count and window.horizon == window.length:
        return
    targets = f" of {count} targets" if count > 1 else ""
    what = f"{last.units} units, but the label is {window.horizon} steps{targets}"
    shape = f", and put `Reshape: {{target_shape: [{window.horizon}, {count}]}}` below" if count > 1 else ""
    yield config.problem(last.units_path, what, f"Change it to {wanted}{shape}.")
