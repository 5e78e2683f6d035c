"""What the rules look at: curves, scores, and what was found out about the rows and the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.heads import heads_of
from dlrun.metrics_file import judged_part

if TYPE_CHECKING:
    from dlrun.config import Config

Array = np.ndarray[Any, Any]

LARGEST = 1e150  # a loss beyond it is as good as infinite, and its square would be


@dataclass(frozen=True)
class RowFacts:
    """What the rows themselves say, whatever the network.

    Args:
        rows: Part to how many there are.
        telling: The feature that tells the most about the target by itself, and its skill (see `rows.py`).
        second: The skill of the next best feature.
        sums: What `dlrun.data.leaks` said of features that add up to the target.
        repeated: Part to how many of its rows are training rows too, every column the same.
        shift: The column in which validation rows differ most from training rows, and the p value of that, times
            the number of columns that were looked at.
        learnable: The skill of a random forest on training rows that it has not seen: what the features can tell.
        largest: The largest absolute value that goes into the network.
    """

    rows: Mapping[str, int]
    telling: tuple[str, float] | None = None
    second: float = 0.0
    sums: Sequence[str] = ()
    repeated: Mapping[str, int] = field(default_factory=dict)
    shift: tuple[str, float] | None = None
    learnable: float | None = None
    largest: float | None = None


@dataclass(frozen=True)
class Units:
    """The rectified units of one layer: how many there are, and how many are 0 for every training row."""

    layer: str
    position: int
    units: int
    dead: int


@dataclass(frozen=True)
class ClassCount:
    """How often a class is there, and how often it is predicted, in all parts together."""

    target: str
    label: str
    true: int
    predicted: int
    classes: int
    total: int


@dataclass(frozen=True)
class Evidence:
    """All that is known of a run.

    Args:
        config: Its config.
        state: "finished", "diverged", "interrupted", ....
        history: Column of history.csv to its values, one for each epoch; NaN where there is none.
        metrics: metrics.json; empty where the run has none.
        spread: Target to (mean, median) of the training rows: what data.json tells of numbers.
        rows: What the rows say; None where they were not looked at.
        units: Rectified layers; None where they were not looked at.
        counts: Classes, as predicted; empty where they were not looked at, or there are none.
        reason: Why it ended, where it did not finish.
    """

    config: Config
    state: str
    history: Mapping[str, Sequence[float]]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    spread: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    rows: RowFacts | None = None
    units: Sequence[Units] | None = None
    counts: Sequence[ClassCount] = ()
    reason: str = ""

    @property
    def train(self) -> Array:
        """The training loss by epoch, up to the first that is not finite."""
        return _finite(self.history.get("loss", ()))

    @property
    def validation(self) -> Array | None:
        """The validation loss by epoch; None without validation rows, or where it was not computed every epoch."""
        values = _finite(self.history.get("val_loss", ()))
        return values if len(values) == self.epochs > 0 else None

    @property
    def watched(self) -> Array:
        """The loss that counts: on validation rows, where there are any."""
        return self.train if self.validation is None else self.validation

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return len(self.train)

    @property
    def planned(self) -> int:
        """How many epochs were asked for."""
        return self.config.fit.epochs if self.config.fit is not None else 0

    @property
    def ended_by_callback(self) -> bool:
        """Whether it finished before the epochs were through, as EarlyStopping does."""
        return self.state == "finished" and self.epochs < self.planned

    @property
    def restores_best(self) -> bool:
        """Whether the weights that were kept are those of the best epoch, as Keras does even after the last epoch."""
        return any(c.type == "EarlyStopping" and c.args.get("restore_best_weights") for c in self.config.callbacks)

    @property
    def part(self) -> str:
        """The part that counts: test, else validation, else train."""
        return judged_part(self.metrics)

    def skills(self, part: str) -> dict[str, float]:
        """Return how much better than the best naive answer each target is: 0 as good, 1 without a mistake.

        It is `1 - rmse / naive rmse` for numbers, and `(accuracy - naive) / (1 - naive)` for classes; a forecast is
        measured by its MAE, as `dlrun.evaluation.skill` does.
        """
        scores, baselines = self.metrics.get(part) or {}, (self.metrics.get("baseline") or {}).get(part) or {}
        naive = {name: found for name, found in baselines.items() if name != "linear"}
        found = {}
        for target in self._targets():
            error = "mae" if "last_value" in naive else "rmse"
            for key, of in ((error, _less), ("accuracy", _more)):
                name = f"{target}.{key}" if f"{target}.{key}" in scores else key
                known = [v for b in naive.values() if (v := b.get(name)) is not None]
                if scores.get(name) is not None and known:
                    found[target] = of(float(scores[name]), known)
                    break
        return found

    def skill(self, part: str) -> float | None:
        """Return the skill of the target that is predicted worst."""
        return min(self.skills(part).values(), default=None)

    def score(self, part: str, metric: str, baseline: str = "") -> float | None:
        """Return a score of the first target that has it, or that of a naive answer: "mean" or "majority"."""
        parts = (self.metrics.get("baseline") or {}) if baseline else self.metrics
        found = parts.get(part) or {}
        return _first(found.get(baseline) or {} if baseline else found, metric)

    @property
    def is_series(self) -> bool:
        """Whether examples are windows of a series."""
        return self.config.preprocessing.window is not None

    @property
    def tasks(self) -> set[str]:
        """What is predicted: "regression", "binary", "multiclass"."""
        return {head.task for head in heads_of(self.config)}

    def _targets(self) -> list[str]:
        return [target for head in heads_of(self.config) for target in head.targets]


def _finite(values: Sequence[float]) -> Array:
    found = np.asarray(values, np.float64)
    bad = np.flatnonzero(~(np.abs(found) < LARGEST))
    return found[: bad[0]] if len(bad) else found


def _less(error: float, naive: Sequence[float]) -> float:
    best = min(naive)
    return 1 - error / best if best else 0.0


def _more(accuracy: float, naive: Sequence[float]) -> float:
    best = max(naive)
    return (accuracy - best) / (1 - best) if best < 1 else 0.0


def _first(scores: Mapping[str, Any], metric: str) -> float | None:
    return next((v for name, v in scores.items() if name.rpartition(".")[2] == metric and v is not None), None)


def smoothed(values: Array) -> Array:
    """Return the curve as the eye follows it: a running median, then a running mean, over a tenth of its length."""
    width = min(max(len(values) // 10, 1), 15) | 1
    if width == 1:
        return values
    half = width // 2
    padded = np.pad(values, half, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    middle = np.pad(np.median(windows, axis=1), half, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(middle, width).mean(axis=1))
