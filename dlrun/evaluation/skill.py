"""Whether a forecaster has skill: is it better than what costs nothing, and than a linear model on the same windows?"""

from __future__ import annotations

from collections.abc import Mapping

Scores = Mapping[str, float | None]

NAIVE = {
    "last_value": "the last known value",
    "last_season": "the value one season before",
    "moving_average": "the mean over the window",
    "mean": "the mean of the training targets",
    "median": "the median of the training targets",
}
_HARDLY = 0.03  # an MAE lower by less than 3 % is no skill that one would notice


def is_forecast(baselines: Mapping[str, Scores]) -> bool:
    """Tell whether these are the baselines of a series."""
    return "last_value" in baselines


def skill(rows: str, scores: Scores, baselines: Mapping[str, Scores]) -> list[str]:
    """Say for each target whether the network has skill, and whether a linear model has more.

    Args:
        rows: The part in words: "the test rows".
        scores: The network's scores there.
        baselines: Baseline to its scores there.
    """
    keys = [key for key in baselines["last_value"] if key == "mae" or key.endswith(".mae")]
    return [sentence for key in keys for sentence in _of_target(key, rows, scores, baselines)]


def _of_target(key: str, rows: str, scores: Scores, baselines: Mapping[str, Scores]) -> list[str]:
    target = key.rpartition(".")[0]
    subject = f"{target}: the network" if target else "The network"
    model = scores.get(key)
    naive = {name: value for name in NAIVE if (value := baselines.get(name, {}).get(key)) is not None}
    if model is None or not naive:
        return [f"{subject} cannot be compared with a naive forecast on {rows}: there is nothing to score."]
    best = min(naive, key=lambda name: naive[name])
    return [
        _against_naive(subject, rows, model, best, naive[best]),
        *_against_linear(model, baselines.get("linear", {}).get(key)),
    ]


def _against_naive(subject: str, rows: str, model: float, name: str, naive: float) -> str:
    numbers = f"MAE {_number(model)} against {_number(naive)}"
    lower = 1 - model / naive if naive else 0.0
    if lower >= _HARDLY:
        return f"{subject} has skill on {rows}: {numbers} of {NAIVE[name]}, {100 * lower:.2g} % lower."
    close = "about as good as" if lower > -_HARDLY else "worse than"
    return f"{subject} has no skill on {rows}: {numbers} of {NAIVE[name]}. It is {close} that, which costs nothing."


def _against_linear(model: float, linear: float | None) -> list[str]:
    if linear is None:
        return []
    lower = 1 - model / linear if linear else 0.0
    if lower >= _HARDLY:
        return [f"It beats a linear model on the same windows, whose MAE is {_number(linear)}."]
    verb = "is no better than" if lower > -_HARDLY else "is worse than"
    return [f"It {verb} a linear model on the same windows, whose MAE is {_number(linear)}."]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
