"""metrics.json, read with care: it may be a stranger's, and whoever shows it counts on names and numbers."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from dlrun.errors import Problem, RunError
from dlrun.run_dir import RunDir
from dlrun.sealed_folder import MEND

if TYPE_CHECKING:
    from dlrun.config import Config

LARGEST = 1e300
MOST = 20_000  # entries
PARTS = ("train", "validation", "test")  # that are scored; of those that a run has, the last counts


def judged_part(parts: Container[str]) -> str:
    """Return the part that counts: test, else validation, else train (of metrics.json, or of parts alone)."""
    return next((part for part in reversed(PARTS) if part in parts), PARTS[0])


def load_threshold(run: RunDir, config: Config) -> float:
    """Return the probability from which a run calls a binary row positive: the config's, or the one that was chosen.

    A run that asks for the best one and did not come so far takes the config's usual one.

    Raises:
        RunError: If metrics.json is damaged.
    """
    if config.evaluate.best_threshold is None or not run.has(run.metrics):
        return config.evaluate.threshold
    return float(load_metrics(run).get("threshold", config.evaluate.threshold))


def load_metrics(run: RunDir) -> dict[str, Any]:
    """Return metrics.json.

    Raises:
        RunError: If it is missing or damaged.
    """
    metrics = run.read_json(run.metrics)
    check_metrics(run, metrics)
    return dict(metrics)


def check_metrics(run: RunDir, metrics: Any) -> None:
    """Make sure that what stands for a run's metrics holds names and numbers.

    Raises:
        RunError: If it does not.
    """
    if not isinstance(metrics, dict):
        _damaged(run, "it is no mapping")
    for name, value in metrics.items():
        if name == "baseline":
            for part, baselines in _mapping(run, name, value).items():
                for baseline, scores in _mapping(run, part, baselines).items():
                    _check_scores(run, f"{part}.{baseline}", scores)
        elif name == "intervals":
            for part, pairs in _mapping(run, name, value).items():
                _check_pairs(run, part, pairs)
        elif name == "threshold":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                _damaged(run, "threshold is no probability")
        elif name == "unseen":
            for part, columns in _mapping(run, name, value).items():
                _check_scores(run, f"unseen.{part}", columns)
        elif name == "parameters":
            _check_scores(run, name, {name: value})
        elif name in (*PARTS, "rows"):
            _check_scores(run, name, value)


def _check_scores(run: RunDir, name: str, scores: Any) -> None:
    if len(_mapping(run, name, scores)) > MOST:
        _damaged(run, f"{name} has {len(scores):,} entries, more than any network is scored by")
    for metric, value in scores.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None and not (number and abs(value) < LARGEST):
            _damaged(run, f"{name}.{metric} is no number")


def _check_pairs(run: RunDir, name: str, pairs: Any) -> None:
    for metric, pair in _mapping(run, name, pairs).items():
        if not isinstance(pair, list) or len(pair) != 2:
            _damaged(run, f"{name}.{metric} is no interval")
        _check_scores(run, f"intervals.{name}", dict(zip(("low", "high"), pair, strict=True)))
        if None in pair:
            _damaged(run, f"{name}.{metric} is no interval")


def _mapping(run: RunDir, name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _damaged(run, f"{name} is no mapping")
    return value


def _damaged(run: RunDir, what: str) -> NoReturn:
    raise RunError(Problem(f"{run.metrics} is damaged: {what}", MEND))
