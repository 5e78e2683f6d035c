"""Run folders as training leaves them, made up from random numbers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from dlrun.plots.style import styled
from dlrun.run_dir import RunDir

Array = np.ndarray[Any, Any]
KOREAN_LABELS = ["비응급", "준응급", "응급", "긴급", "소생"]


class RunMaker:
    """Makes finished run folders below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(
        self,
        name: str,
        history: Mapping[str, Sequence[float]] | None = None,
        predictions: pd.DataFrame | None = None,
        metrics: Mapping[str, Any] | None = None,
    ) -> RunDir:
        path = self.root / name
        path.mkdir(parents=True)
        run = RunDir(path)
        run.run.write_text(json.dumps({"name": name, "state": "finished"}))
        if history is not None:
            frame = pd.DataFrame(history)
            frame.insert(0, "epoch", np.arange(1, len(frame) + 1))
            frame.to_csv(run.history, index=False)
        if predictions is not None:
            predictions.to_csv(run.predictions, index=False)
        if metrics is not None:
            run.write_json(run.metrics, metrics)
        return run

    def regression(self, name: str = "boston-001", target: str = "medv", noise: float = 3.0, seed: int = 0) -> RunDir:
        frame, metrics = regression_table({target: noise}, seed)
        return self(name, curves(60, seed=seed), frame, metrics)

    def classes(self, name: str, target: str, labels: Sequence[Any], sharpness: float = 2.0, seed: int = 0) -> RunDir:
        frame, metrics = class_table(target, labels, sharpness, seed)
        return self(name, curves(40, accuracy=True, seed=seed), frame, metrics)


def curves(epochs: int, *, accuracy: bool = False, seed: int = 0, overfit: float = 0.006) -> dict[str, Array]:
    """Return a history that falls and then overfits."""
    rng = np.random.default_rng(seed)
    steps = np.arange(epochs)
    noise = rng.normal(0, 0.008, (4, epochs))
    loss = 0.1 + 0.8 * np.exp(-steps / 9) + noise[0]
    val_loss = 0.16 + 0.75 * np.exp(-steps / 8) + overfit * np.maximum(steps - 20, 0) + 2 * noise[1]
    if not accuracy:
        return {"loss": loss, "mae": 3 * loss, "val_loss": val_loss, "val_mae": 3 * val_loss}
    rising = 0.95 - 0.55 * np.exp(-steps / 8) + noise[2]
    return {"loss": loss, "accuracy": rising, "val_loss": val_loss, "val_accuracy": rising - 0.04 + noise[3]}


def parts(rng: np.random.Generator, rows: int) -> Array:
    return rng.choice(["train", "validation", "test"], rows, p=[0.64, 0.16, 0.2])


def regression_table(
    noises: Mapping[str, float], seed: int = 0, rows: int = 506
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return predictions.csv and metrics.json of regression targets with noise of this size."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"row": np.arange(rows), "part": parts(rng, rows)})
    metrics: dict[str, Any] = {}
    for target, noise in noises.items():
        frame[target] = np.clip(rng.gamma(6, 3.8, rows), 5, 50).round(1)
        frame[f"{target}_predicted"] = 0.85 * frame[target] + 3.4 + rng.normal(0, noise, rows)
        for part, found in frame.groupby("part"):
            error = found[f"{target}_predicted"] - found[target]
            prefix = f"{target}." if len(noises) > 1 else ""
            scores = {"rmse": float(np.sqrt((error**2).mean())), "r2": float(1 - error.var() / found[target].var())}
            metrics.setdefault(str(part), {}).update({prefix + metric: value for metric, value in scores.items()})
    return frame, metrics


def class_table(
    target: str, labels: Sequence[Any], sharpness: float, seed: int, rows: int = 700
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return predictions.csv and metrics.json of a class target; the sharper, the better the model."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(labels), rows)
    logits = rng.normal(0, 1, (rows, len(labels))) + sharpness * np.eye(len(labels))[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = np.array(labels, dtype=object)
    frame = pd.DataFrame({"row": np.arange(rows), "part": parts(rng, rows), target: names[truth]})
    frame[f"{target}_predicted"] = names[probabilities.argmax(axis=1)]
    for index, label in enumerate(labels):
        frame[f"{target}_probability_{label}"] = probabilities[:, index]
    right = frame[target] == frame[f"{target}_predicted"]
    metrics = {
        part: {"accuracy": float(right[frame["part"] == part].mean())} for part in ("train", "validation", "test")
    }
    return frame, metrics


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path / "runs")


@pytest.fixture
def style() -> Iterator[None]:
    """Draw the way `write_plots` does."""
    with styled():
        yield


@pytest.fixture(scope="session")
def texts() -> Callable[[Figure], str]:
    """Render a figure (every warning is an error, so a missing glyph is too) and return all its texts."""

    def render(figure: Figure) -> str:
        figure.savefig(io.BytesIO(), format="png", dpi=50)
        return "\n".join(text.get_text() for text in figure.findobj(Text) if text.get_visible())

    return render
