"""Weights of training rows: by class, and from a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.heads import Head, heads_of
from dlrun.config.objects import Path
from dlrun.errors import ConfigError, DataError, Problem, did_you_mean
from dlrun.preprocessing.columns import read_numbers, row_text
from dlrun.preprocessing.labels import Labels
from dlrun.preprocessing.preprocessor import Preprocessor
from dlrun.preprocessing.step import Array

if TYPE_CHECKING:
    from dlrun.config import Config

_PATH: Path = ("fit", "class_weight")


def class_weights(
    config: Config, preprocessor: Preprocessor, y: Mapping[str, Array], sample_weight: Array | None = None
) -> dict[str, Array] | None:
    """Return a weight for each training row, by output; None where nothing weighs.

    `balanced` is n / (num_classes x count), scikit-learn's `compute_class_weight`. A label that a mapping leaves out
    weighs 1, as in Keras.

    Args:
        config: The config.
        preprocessor: Knows the labels.
        y: The training labels, as `Preprocessor.apply_target` gives them.
        sample_weight: The cells of the column `fit.sample_weight`, if the config names one.

    Returns:
        Output name to `(num_rows,)` float32.

    Raises:
        ConfigError: If the weights do not suit the targets.
        DataError: If the column holds something other than numbers from 0.
    """
    heads = heads_of(config)
    wanted = config.fit.class_weight if config.fit is not None else None
    by_output = {} if wanted is None else _by_output(config, heads, wanted)
    if not by_output and sample_weight is None:
        return None
    rows = 1.0 if sample_weight is None else _from_column(config, sample_weight)
    out: dict[str, Array] = {}
    problems: list[Problem] = []
    for head in heads:
        codes = _codes(y[head.output])
        per_class = np.ones(1)
        if head.output in by_output:
            path = (*_PATH, head.output) if config.outputs and wanted != "balanced" else _PATH
            labels = preprocessor.targets.labels[head.targets[0]]
            try:
                per_class = _per_class(config, path, labels, by_output[head.output], codes)
            except ConfigError as error:
                problems += error.problems
                continue
        weights = per_class[codes] if len(per_class) > 1 else np.ones(len(codes))
        out[head.output] = (weights * rows).astype(np.float32)
    if problems:
        raise ConfigError(*problems)
    return out


def _by_output(config: Config, heads: tuple[Head, ...], wanted: Any) -> dict[str, Any]:
    """Return `balanced` or label to weight for each output that has class weights."""
    classes = [head for head in heads if head.task != "regression"]
    several = [head for head in classes if len(head.targets) > 1]
    if several:
        what = f"one output predicts {len(several[0].targets)} targets, and a row has one weight per output"
        raise ConfigError(config.problem(_PATH, what, "Give each target a layer of its own under outputs."))
    if not config.outputs:
        return {classes[0].output: wanted}
    return {head.output: "balanced" for head in classes} if wanted == "balanced" else dict(wanted)


def _codes(y: Array) -> Array:
    """Return class numbers of labels in any of the losses' forms."""
    if y.ndim == 1:
        return y.astype(np.int64)
    return np.asarray(y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(np.int64))


def _per_class(config: Config, path: Path, labels: Labels, wanted: Any, codes: Array) -> Array:
    num_classes = len(labels.classes)
    if wanted == "balanced":
        counts = np.bincount(codes, minlength=num_classes)
        # A class that resampling or a split left without rows weighs nothing, for there is no row to weigh.
        return len(codes) / (num_classes * np.maximum(counts, 1))
    weights, problems = np.ones(num_classes), []
    for text, weight in wanted.items():
        code = labels.find(text)
        if code is None:
            what = f"no label '{text}' in target '{labels.target}'"
            problems.append(config.problem((*path, text), what, did_you_mean(str(text), labels.texts)))
        else:
            weights[code] = weight
    if problems:
        raise ConfigError(*problems)
    return weights


def _from_column(config: Config, sample_weight: Array) -> Array:
    name = (config.fit.sample_weight if config.fit is not None else None) or "sample_weight"
    weights = read_numbers(name, np.asarray(sample_weight))
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        what = f"a weight is a number from 0; there is {weights[bad[0]]:g} in {row_text(int(bad[0]), None)}"
        raise DataError(Problem(what, "", f"column '{name}'"))
    return weights
