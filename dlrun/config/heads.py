"""What the network predicts, read off the config: an output, its targets, and the task that its loss means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dlrun.catalog import keras_entry
from dlrun.config.objects import ObjectSpec
from dlrun.config.schema import Sections

Task = Literal["regression", "binary", "multiclass"]

BINARY_LOSSES = {"BinaryCrossentropy", "BinaryFocalCrossentropy", "Hinge", "SquaredHinge"}
SPARSE_LOSSES = {"SparseCategoricalCrossentropy"}
ONE_HOT_LOSSES = {
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
}
MARGIN_LOSSES = {"Hinge", "SquaredHinge", "CategoricalHinge"}  # what they train gives scores, no probabilities
NUMBER_LOSSES = {
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
}  # surely for numbers; a divergence, or a loss of the user's own, may be for classes


@dataclass(frozen=True)
class Head:
    """One output of the network.

    Args:
        output: Its name: the target with `outputs`, else "".
        targets: The columns that it predicts.
        layer: The layer that gives it, by its name; None for the last layer if that has none.
        task: What is predicted; follows from the loss.
        one_hot: Whether the loss wants one-hot labels.
        loss: The loss.
    """

    output: str
    targets: tuple[str, ...]
    layer: str | None
    task: Task
    one_hot: bool
    loss: ObjectSpec


def heads_of(config: Sections) -> tuple[Head, ...]:
    """Return the heads of a network, one per output; nothing where the config has no `compile`."""
    if config.compile is None:
        return ()
    losses = config.compile.loss
    if config.outputs:
        by_target = losses if isinstance(losses, dict) else dict.fromkeys(config.outputs, losses)
        return tuple(
            _head(target, (target,), layer, by_target[target])
            for target, layer in config.outputs.items()
            if target in by_target
        )
    targets = config.data.target if config.data is not None else ()
    layer = config.layers[-1].name if config.layers else None
    if isinstance(losses, dict):  # keyed by target, without outputs: the checks refuse it
        return ()
    return (_head("", targets, layer, losses),)


def _head(output: str, targets: tuple[str, ...], layer: str | None, loss: ObjectSpec) -> Head:
    name = loss_class(loss)
    return Head(output, targets, layer, task_of(loss), name in ONE_HOT_LOSSES, loss)


def task_of(loss: ObjectSpec) -> Task:
    """Return the task that a loss means: a loss that is no classification's is a regression's."""
    name = loss_class(loss)
    if name in BINARY_LOSSES:
        return "binary"
    return "multiclass" if name in SPARSE_LOSSES | ONE_HOT_LOSSES else "regression"


def is_for_numbers(heads: tuple[Head, ...]) -> bool:
    """Tell whether surely no head predicts classes."""
    return bool(heads) and all(loss_class(head.loss) in NUMBER_LOSSES for head in heads)


def loss_class(loss: ObjectSpec) -> str:
    """Return the name of the loss's class in Keras, whatever its spelling: `mse` is MeanSquaredError."""
    entry = keras_entry("losses", loss.type)
    return entry.name if entry is not None else loss.type
