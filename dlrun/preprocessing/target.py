"""Labels as the losses want them, and predictions back in the target's own units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.heads import Head, heads_of
from dlrun.errors import ConfigError, DataError, Problem, did_you_mean
from dlrun.preprocessing.labels import Labels, NoClassesError
from dlrun.preprocessing.scaled_target import ScaledTarget
from dlrun.preprocessing.state import damaged, read_list, read_mapping
from dlrun.preprocessing.step import Array

if TYPE_CHECKING:
    from dlrun.config import Config


class Targets:
    """The targets of all outputs, as learned from the training rows.

    Args:
        heads: The network's outputs.
        labels: The class targets.
        scaled: The regression targets.
    """

    def __init__(self, heads: tuple[Head, ...], labels: dict[str, Labels], scaled: dict[str, ScaledTarget]) -> None:
        self.heads = heads
        self.labels = labels
        self.scaled = scaled

    @classmethod
    def adapt(cls, config: Config, columns: Mapping[str, Array], rows: Array | None = None) -> Targets:
        """Learn labels, and what the target steps learn, from training rows.

        Raises:
            ConfigError: If a target does not suit its loss.
            DataError: If labels are missing, or there is but one class.
        """
        heads = heads_of(config)
        labels: dict[str, Labels] = {}
        scaled: dict[str, ScaledTarget] = {}
        in_config, in_data = _misplaced(config, heads), list[Problem]()
        for head in heads:
            for name in head.targets:
                try:
                    if head.task == "regression":
                        scaled[name] = ScaledTarget.adapt(config, head, name, columns[name], rows)
                    else:
                        labels[name] = _adapt_labels(config, head, name, columns[name], rows)
                except ConfigError as error:
                    in_config += error.problems
                except DataError as error:
                    in_data += error.problems
        if in_config:
            raise ConfigError(*in_config)
        if in_data:
            raise DataError(*in_data)
        return cls(heads, _positive_last(config, heads, labels), scaled)

    def apply(self, columns: Mapping[str, Array], rows: Array | None = None) -> dict[str, Array]:
        """Return the labels, by output.

        Returns:
            Regression: `(num_rows, num_targets)` float32, scaled. Binary: `(num_rows, num_targets)` float32 of 0 and
            1. Multiclass: `(num_rows,)` int32, or one-hot `(num_rows, num_classes)` float32.

        Raises:
            DataError: If a target is missing, or holds what it did not hold in training.
        """
        absent = [name for head in self.heads for name in head.targets if name not in columns]
        if absent:
            found = [Problem(f"no column '{name}', the target", did_you_mean(name, columns)) for name in absent]
            raise DataError(*found)
        problems: list[Problem] = []
        out = {}
        for head in self.heads:
            try:
                out[head.output] = self._apply_head(head, columns, rows)
            except DataError as error:
                problems += error.problems
        if problems:
            raise DataError(*problems)
        return out

    def _apply_head(self, head: Head, columns: Mapping[str, Array], rows: Array | None) -> Array:
        cells = [np.asarray(columns[name]) for name in head.targets]
        if head.task == "regression":
            y = [self.scaled[name].apply(x, rows) for name, x in zip(head.targets, cells, strict=True)]
            return np.stack(y, axis=1).astype(np.float32)
        codes = [self.labels[name].encode(x, rows) for name, x in zip(head.targets, cells, strict=True)]
        if head.task == "binary":
            return np.stack(codes, axis=1).astype(np.float32)
        if head.one_hot:
            return np.eye(len(self.labels[head.targets[0]].classes), dtype=np.float32)[codes[0]]
        return codes[0].astype(np.int32)

    def invert(self, output: str, y: Array) -> Array:
        """Return a regression output's predictions in the targets' own units, float64 in the shape of `y`.

        Args:
            output: The output's name.
            y: `(num_rows, num_targets)`, or `(num_rows, ..., num_targets)`; with one target any shape.
        """
        head = next(head for head in self.heads if head.output == output)
        values = np.asarray(y, dtype=np.float64)
        if head.task != "regression":
            return values
        if len(head.targets) == 1:
            return self.scaled[head.targets[0]].invert(values.ravel()).reshape(values.shape)
        columns = [self.scaled[name].invert(values[..., i].ravel()) for i, name in enumerate(head.targets)]
        return np.stack([column.reshape(values.shape[:-1]) for column in columns], axis=-1)

    @property
    def classes(self) -> dict[str, list[Any]]:
        """Per class target, the original labels in the order 0 .. n-1."""
        return {name: list(labels.classes) for name, labels in self.labels.items()}

    @property
    def positive(self) -> dict[str, Any]:
        """Per binary target, the label that is 1."""
        binary = [name for head in self.heads if head.task == "binary" for name in head.targets]
        return {name: self.labels[name].classes[-1] for name in binary}

    def to_json(self) -> dict[str, Any]:
        """Return everything that was learned of targets as JSON values."""
        return {
            "classes": [labels.to_json() for labels in self.labels.values()],
            "scaled": [scaled.to_json() for scaled in self.scaled.values()],
        }

    @classmethod
    def from_json(cls, state: Any, config: Config) -> Targets:
        """Return the targets that `to_json` described.

        Raises:
            RunError: If the state is damaged or does not belong to this config.
        """
        read_mapping(state)
        labels = [Labels.from_json(entry) for entry in read_list(state, "classes")]
        scaled = [ScaledTarget.from_json(entry) for entry in read_list(state, "scaled")]
        heads = heads_of(config)
        wanted = [(name, head.task == "regression") for head in heads for name in head.targets]
        found = [(item.target, False) for item in labels] + [(item.target, True) for item in scaled]
        if sorted(wanted) != sorted(found):
            damaged("'targets' are not those of this config")
        targets = cls(heads, {item.target: item for item in labels}, {item.target: item for item in scaled})
        if any(len(targets.classes[name]) != 2 for name in targets.positive):
            damaged("a binary target has other than two labels")
        return targets


def _adapt_labels(config: Config, head: Head, name: str, column: Array, rows: Array | None) -> Labels:
    if head.task == "multiclass" and len(head.targets) > 1:
        what = f"{head.loss.type} predicts one target, and there are {len(head.targets)}"
        raise ConfigError(config.problem(head.loss.path, what, "Name a layer for each under outputs."))
    try:
        labels = Labels.adapt(name, np.asarray(column), rows)
    except NoClassesError as error:
        what = f"{head.loss.type} predicts classes, but target '{name}' {error}"
        raise ConfigError(config.problem(head.loss.path, what, "Write loss: mse.")) from error
    n = len(labels.classes)
    if n < 2:
        what = f"all training rows have the label '{labels.texts[0]}'" if n else "there are no training rows"
        raise DataError(Problem(what, "A classifier needs two classes or more.", f"target '{name}'"))
    if head.task == "binary" and n > 2:
        shown = ", ".join(labels.texts[:5]) + (", ..." if n > 5 else "")
        what = f"{head.loss.type} tells two labels apart, but target '{name}' has {n}: {shown}"
        fix = f"Write loss: sparse_categorical_crossentropy, and units: {n}, activation: softmax in the last layer."
        raise ConfigError(config.problem(head.loss.path, what, fix))
    return labels


def _misplaced(config: Config, heads: tuple[Head, ...]) -> list[Problem]:
    """Return a problem for each target whose steps cannot be done, for its labels are classes."""
    tasks = {name: head.task for head in heads for name in head.targets}
    problems = []
    for name, specs in config.preprocessing.target.items():
        path = ("preprocessing", "target", *([name] if name else []))
        if specs and (tasks.get(name) != "regression" if name else "regression" not in tasks.values()):
            what = "a class target has no steps: its labels are numbered by themselves"
            problems.append(config.problem(path, what, "Take them out, or choose a loss for numbers (mse)."))
    return problems


def _positive_last(config: Config, heads: tuple[Head, ...], labels: dict[str, Labels]) -> dict[str, Labels]:
    text = config.evaluate.positive
    binary = [name for head in heads if head.task == "binary" for name in head.targets]
    if text is None or not binary:
        return labels
    if all(labels[name].find(text) is None for name in binary):
        options = [label for name in binary for label in labels[name].texts]
        what = f"no label '{text}' in target {', '.join(map(repr, binary))}"
        raise ConfigError(config.problem(("evaluate", "positive"), what, did_you_mean(text, options)))
    return {name: item.with_positive(text) if name in binary else item for name, item in labels.items()}
