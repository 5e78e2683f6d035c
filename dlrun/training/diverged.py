"""The loss became NaN or infinite: what to tell the user."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from dlrun.errors import DivergedError, Problem
from dlrun.lazy_rows import LazyRows
from dlrun.training.examples import Array, Examples
from dlrun.training.windows import WindowExamples

LARGE_INPUT = 100.0  # scaled inputs lie within a few units of 0
LARGE_LABEL = 1e4
LAZY_ROWS = 64  # of images that stay in their files, are looked at
HIGH_RATE = 1e-2
LOG_LOSSES = {"meansquaredlogarithmicerror", "poisson", "kldivergence"}


def find_not_finite(logs: Mapping[str, Any], monitored: set[str]) -> str | None:
    """Return the first loss, or monitored metric, that is NaN or infinite after an epoch.

    A callback that keeps the best epoch would take NaN for the best for ever, so none may see it.
    """
    concerned = (name for name in logs if name in {"loss", "val_loss"} | monitored)
    return next((name for name in concerned if _is_bad(logs[name])), None)


def bad_weights(model: Any) -> Array | None:
    """Return the first weights that hold NaN or infinity: a loss is of the weights before its batch's step."""
    arrays = (np.asarray(variable) for variable in model.trainable_weights)
    return next((array for array in arrays if not np.isfinite(array).all()), None)


def diverged(
    name: str, value: Any, model: Any, train: Examples | WindowExamples, *, epoch: int, batch: int | None
) -> DivergedError:
    """Return the error that names the epoch, the batch where it is known, and the likely causes.

    Args:
        name: What is not finite: `loss`, `val_loss`, a monitored metric, the weights.
        value: Its value.
        model: The model.
        train: The training rows.
        epoch: Counted from 0.
        batch: Counted from 0.
    """
    kind = "NaN" if np.any(np.isnan(np.asarray(value, dtype=np.float64))) else "infinite"
    place = f"epoch {epoch + 1}" + (f", batch {batch + 1}" if batch is not None else "")
    return DivergedError(
        Problem(f"{name} became {kind} in {place}", f"Likely causes: {'; '.join(_causes(model, train))}.")
    )


def _causes(model: Any, train: Examples | WindowExamples) -> list[str]:
    """Return the causes that fit, and the learning rate in any case."""
    causes = []
    inputs = {name: _largest(x[:LAZY_ROWS] if isinstance(x, LazyRows) else x) for name, x in train.x.items()}
    causes += [
        f"unscaled inputs (the largest value of '{name}' is {size:.3g}; add `preprocessing: numeric: standard`)"
        for name, size in inputs.items()
        if size > LARGE_INPUT and not _has_embedding(model)
    ]
    if (label := max(map(_largest, _labels(train)), default=0.0)) > LARGE_LABEL:
        causes.append(f"unscaled labels (the largest is {label:.3g}; add `preprocessing: target: standard`)")
    if _takes_logarithm(model):
        causes.append("a logarithm of zero or of a negative number in the loss (are all labels positive?)")
    rate = float(model.optimizer.learning_rate)
    size = "high" if rate >= HIGH_RATE else "too high for this network"
    causes.append(f"a learning rate that is {size} ({rate:g}; try {rate / 10:g}, or `clipnorm: 1.0` in the optimizer)")
    return causes


def _largest(values: Array) -> float:
    return float(np.nanmax(np.abs(values))) if values.size and np.issubdtype(values.dtype, np.number) else 0.0


def _labels(train: Examples | WindowExamples) -> list[Array]:
    labels = train.y.values() if isinstance(train.y, dict) else [train.y]
    return [y for y in labels if y is not None]


def _has_embedding(model: Any) -> bool:
    return any(type(layer).__name__ == "Embedding" for layer in model.layers)


def _takes_logarithm(model: Any) -> bool:
    losses = model.loss.values() if isinstance(model.loss, dict) else [model.loss]
    names = {getattr(loss, "name", None) or getattr(loss, "__name__", loss) for loss in losses}
    return any(str(name).replace("_", "").casefold() in LOG_LOSSES for name in names)


def _is_bad(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
