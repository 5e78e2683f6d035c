"""Whether a run's probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlrun.evaluation.calibration import (
    BINS,
    Calibration,
    calibration,
    class_calibration,
    error_by_chance,
    told_classes,
)
from dlrun.evaluation.outputs import gives_probabilities
from dlrun.evaluation.scores import by_target, class_indices
from dlrun.training.depth.scored import ScoredPart, Target
from dlrun.training.examples import Array

_MOST_CLASSES = 50  # of which each is looked at by itself


@dataclass(frozen=True)
class TargetCalibration:
    """What a class target's probabilities are worth.

    Args:
        target: The column.
        part: The rows.
        about: What the probabilities are of: "Survived = 1", or "the predicted class".
        curve: What was told and what came.
        by_chance: The error that perfect probabilities stay below in 95 of 100 draws of as many rows.
        brier: The mean squared distance of probabilities and outcomes (Brier, Monthly Weather Review 78, 1950), of
            several classes summed over them.
        classes: Of several classes, each one's curve against the rest.
    """

    target: str
    part: str
    about: str
    curve: Calibration
    by_chance: float
    brier: float
    classes: Mapping[str, Calibration] = field(default_factory=dict)

    @property
    def reading(self) -> str:
        """What it means, as whole sentences."""
        error, bias = self.curve.error, self.curve.bias
        if error <= self.by_chance:
            return (
                f"That is no more than perfect probabilities would show on so few rows ({self.by_chance:.3f} in 95 of "
                "100 draws): nothing speaks against taking them at their word."
            )
        beyond = f"Perfect probabilities would stay below {self.by_chance:.3f} in 95 of 100 draws of as many rows"
        if abs(bias) < error / 3:
            return f"{beyond}: do not take them at their word; some are too high and some too low."
        told = f"{abs(bias):.3f} too {'high' if bias > 0 else 'low'} on the average"
        sure = "the network is too sure of itself" if bias > 0 else "the network is not sure enough"
        if self.about != PREDICTED:
            sure = f"{self.about} is told too {'often' if bias > 0 else 'seldom'}"
        fix = " Early stopping, dropout or L2 make a network less sure." if bias > 0 and self.about == PREDICTED else ""
        return f"{beyond}. They are {told}: {sure}.{fix}"


PREDICTED = "the predicted class"


def calibrations(rows: ScoredPart) -> list[TargetCalibration]:
    """Return the calibration of every target with probabilities."""
    return [_of(rows, target) for target in rows.targets if gives_probabilities(target.head)]


def _of(rows: ScoredPart, target: Target) -> TargetCalibration:
    truth, answer = rows.of(target)
    texts = [str(text) for text in rows.run.preprocessor.targets.labels[target.name].texts]
    if target.head.task == "binary":
        actual, second = by_target(truth)[:, target.place].astype(np.int64), by_target(answer)[:, target.place]
        probabilities = np.stack([1.0 - second, second], axis=1)
        brier = float(np.mean((actual - second) ** 2))
    else:
        actual, probabilities = class_indices(truth), answer
        brier = _brier(actual, probabilities)
    binary = probabilities.shape[1] == 2
    _, told = told_classes(actual, probabilities)
    classes = {}
    if not binary and len(texts) <= _MOST_CLASSES:
        classes = {text: calibration(actual == i, probabilities[:, i]) for i, text in enumerate(texts)}
    about = f"{target.name} = {texts[1]}" if binary else PREDICTED
    curve = class_calibration(actual, probabilities)
    return TargetCalibration(target.name, rows.part, about, curve, error_by_chance(told), brier, classes)


def _brier(actual: Array, probabilities: Array) -> float:
    own = probabilities[np.arange(len(actual)), actual]
    return float(np.mean((probabilities**2).sum(axis=1) - 2 * own + 1))


def calibration_rows(curve: Calibration, **others: Any) -> list[dict[str, Any]]:
    """Return a line for each bin that has rows."""
    low, high = curve.shares()
    return [
        {
            **others,
            "from": number / BINS,
            "to": (number + 1) / BINS,
            "rows": int(count),
            "told": float(told),
            "came": float(came),
            "came_from": float(start),
            "came_to": float(end),
        }
        for number, count, told, came, start, end in zip(
            curve.number.tolist(), curve.rows, curve.told, curve.came, low, high, strict=True
        )
    ]


def calibration_document(found: TargetCalibration) -> dict[str, Any]:
    """Return it as JSON values."""
    return {
        "part": found.part,
        "about": found.about,
        "expected_calibration_error": found.curve.error,
        "by_chance": found.by_chance,
        "brier": found.brier,
        "bins": calibration_rows(found.curve),
        "classes": {name: curve.error for name, curve in found.classes.items()},
        "reading": found.reading,
    }
