"""Whether the network's outputs, its loss and metrics, and the labels in the data belong together.

What the config alone tells is checked before, in `dlrun/config/checks`; here the data is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import keras

from dlrun.catalog import keras_entry
from dlrun.config.heads import Head, heads_of
from dlrun.config.layer_names import given_name
from dlrun.config.objects import ObjectSpec, Path
from dlrun.errors import ConfigError, Problem
from dlrun.model.explain import show_shape

if TYPE_CHECKING:
    from dlrun.config import Config

Shape = Sequence[int | None]

_TAKE_SPARSE_LABELS = {
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
}
_TAKE_CLASSES = _TAKE_SPARSE_LABELS | {
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "TopKCategoricalAccuracy",
}


def output_shapes(model: keras.Model) -> dict[str, tuple[int | None, ...]]:
    """Return the shape of each output of a model from `build_model`, rows first; the only one is called ""."""
    outputs = model.output
    return {n: tuple(t.shape) for n, t in outputs.items()} if isinstance(outputs, dict) else {"": tuple(outputs.shape)}


def check_heads(
    config: Config,
    shapes: Mapping[str, Shape],
    num_classes: Mapping[str, int],
    label_kinds: Mapping[str, str],
) -> None:
    """Make sure that every output fits its loss and the labels.

    Args:
        config: The config.
        shapes: Output to shape, rows first, as `output_shapes` gives them.
        num_classes: Target to the number of classes in the training rows; targets of a regression may be absent.
        label_kinds: Target to the kind of its column: "numeric", "categorical", "text".

    Raises:
        ConfigError: With a line of the config for each output or metric that does not fit, and what to write there.
    """
    problems: list[Problem] = []
    for head in heads_of(config):
        problem = _labels_problem(config, head, num_classes, label_kinds)
        problem = problem or _shape_problem(config, head, shapes[head.output], num_classes)
        problems += [problem] if problem else []
        problems += _metric_problems(config, head)
    if problems:
        raise ConfigError(*problems)


def _labels_problem(
    config: Config, head: Head, num_classes: Mapping[str, int], label_kinds: Mapping[str, str]
) -> Problem | None:
    """Return the problem of a loss that the labels are not made for."""
    loss = head.loss.type
    for target in head.targets:
        count = num_classes.get(target, 0)
        if head.task == "binary" and count > 2:
            what = f"'{target}' has {count} classes, and {loss} tells two apart"
            return config.problem(head.loss.path, what, _classes_fix(count))
        kind = label_kinds.get(target, "numeric")
        if head.task == "regression" and kind in {"categorical", "text"} and keras_entry("losses", loss):
            what = f"'{target}' holds classes, and {loss} is a loss for numbers"
            return config.problem(head.loss.path, what, _classes_fix(count))
    return None


def _classes_fix(count: int) -> str:
    if count == 2:
        return "Write `loss: binary_crossentropy` and end in `Dense: {units: 1, activation: sigmoid}`."
    units = count or "<number of classes>"
    return f"Write `loss: sparse_categorical_crossentropy` and end in `Dense: {{units: {units}, activation: softmax}}`."


def _shape_problem(config: Config, head: Head, shape: Shape, num_classes: Mapping[str, int]) -> Problem | None:
    """Return the problem of a last layer whose output is not what loss and labels need."""
    if config.preprocessing.window is not None:  # labels of a window have a horizon
        return None
    layer = _layer_of(config, head)
    if len(shape) != 2:
        what = f"the output has shape {show_shape(shape)}, but a row's label has one axis"
        return config.problem(layer.path, what, _flatten_fix(len(shape)))
    given = shape[1]
    path = layer.path_of("units") if "units" in layer.args else layer.path
    if head.task == "multiclass":
        return _classes_problem(config, head, layer, path, given, num_classes.get(head.targets[0], 0))
    wanted = len(head.targets)
    if given == wanted or keras_entry("losses", head.loss.type) is None:
        return None  # only the user knows what a loss of his own takes
    what = f"{_targets(head)} {wanted} number{'s' if wanted > 1 else ''} for each row, but this layer gives {given}"
    fix = f"Set `units: {wanted}`."
    if head.task == "binary" and wanted == 1:
        fix = f"Set `units: 1` and `activation: sigmoid`, or write `loss: sparse_categorical_crossentropy` for {given}."
        if given != 2:
            fix = "Set `units: 1` and `activation: sigmoid`."
    return config.problem(path, what, fix)


def _classes_problem(
    config: Config, head: Head, layer: ObjectSpec, path: Path, given: int | None, count: int
) -> Problem | None:
    if not count or given == count:
        return None
    what = f"'{head.targets[0]}' has {count} classes, but this layer gives {given} number{'s' if given != 1 else ''}"
    if count == 2 and given == 1:
        return config.problem(head.loss.path, what, "Write `loss: binary_crossentropy` and `activation: sigmoid`.")
    softmax = "" if layer.args.get("activation") in {None, "softmax"} else " and `activation: softmax`"
    return config.problem(path, what, f"Set `units: {count}`{softmax}.")


def _targets(head: Head) -> str:
    names = ", ".join(f"'{target}'" for target in head.targets)
    return f"{names} {'need' if len(head.targets) > 1 else 'needs'}"


def _flatten_fix(rank: int) -> str:
    if rank == 3:
        return "Set `return_sequences: false` in the last recurrent layer, or put `Flatten` before the last Dense."
    return "Put `Flatten` or `GlobalAveragePooling2D` before the first Dense." if rank > 3 else "End in a Dense layer."


def _layer_of(config: Config, head: Head) -> ObjectSpec:
    named = [spec for spec in config.layers if head.layer is not None and given_name(spec) == head.layer]
    return named[0] if named else config.layers[-1]


def _metric_problems(config: Config, head: Head) -> Iterator[Problem]:
    """Yield a problem for each metric that takes labels of another form than the loss."""
    section = config.compile
    assert section is not None
    for written in (section.metrics, section.weighted_metrics):
        for spec in written.get(head.output, ()) if isinstance(written, dict) else written:
            entry = keras_entry("metrics", spec.type)
            if entry is None or not entry.is_class or (entry.name == "Accuracy" and not spec.args):
                continue  # the user's own, or chosen by the loss
            advice = _metric_advice(entry.name, head, spec)
            if advice:
                what = f"{spec.type} does not take the labels that {head.loss.type} takes"
                yield config.problem(spec.path, what, advice)


def _metric_advice(name: str, head: Head, spec: ObjectSpec) -> str:
    if head.task == "binary":
        return "Write `accuracy`, BinaryAccuracy, AUC, Precision, Recall or F1Score." if name in _TAKE_CLASSES else ""
    if head.task != "multiclass":
        return ""
    if head.one_hot:
        return f"Write {name.removeprefix('Sparse')}: the labels are one-hot." if name in _TAKE_SPARSE_LABELS else ""
    if name in _TAKE_SPARSE_LABELS or spec.args.get("sparse_y_pred") is False:
        return ""
    sparse = f"Write Sparse{name}, or set" if f"Sparse{name}" in _TAKE_SPARSE_LABELS else "Set"
    return f"{sparse} `loss: categorical_crossentropy`: then dlrun gives it one-hot labels."
