"""Whether the model is worth more than a naive answer, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.evaluation.skill import is_forecast, skill
from dlrun.metrics_file import judged_part

Scores = Mapping[str, float | None]

_WORDS = {
    "mean": "the mean of the training targets",
    "median": "the median of the training targets",
    "majority": "always answering the commonest training class",
}
_PART_WORDS = {"train": "training"}
_HARDLY = 0.01  # an RMSE lower by less than 1 %, an accuracy higher by less than 0.01
_TELLS_APART = 0.6  # a ROC AUC from which the ranking of rows is worth mentioning; 0.5 is chance


def verdict_of(metrics: Mapping[str, Any]) -> list[str]:
    """Return the verdict on the part of metrics.json that counts; nothing where it has no naive baseline."""
    part = judged_part(metrics)
    naive = metrics.get("baseline", {}).get(part)
    return verdict(part, metrics[part], naive) if naive and part in metrics else []


def verdict(part: str, scores: Scores, baselines: Mapping[str, Scores]) -> list[str]:
    """Say for each target whether the model beats the best naive baseline, and by how much.

    Args:
        part: The part that the scores belong to.
        scores: The model's scores there: `metrics[part]`.
        baselines: Baseline to its scores there: `metrics["baseline"][part]`.

    Returns:
        One or two sentences for each target, in the order of the baselines' scores; of forecasts see `skill`.
    """
    keys = dict.fromkeys(
        key for found in baselines.values() for key in found if key.rpartition(".")[2] in ("rmse", "accuracy")
    )
    rows = f"the {_PART_WORDS.get(part, part)} rows"
    if is_forecast(baselines):
        return skill(rows, scores, baselines)
    return [
        (_regression if key.rpartition(".")[2] == "rmse" else _classes)(key.rpartition(".")[0], rows, scores, baselines)
        for key in keys
    ]


def _regression(target: str, rows: str, scores: Scores, baselines: Mapping[str, Scores]) -> str:
    key = f"{target}.rmse" if target else "rmse"
    model, known = scores.get(key), _known(key, baselines)
    if model is None or not known:
        return _cannot(target, rows)
    name = min(known, key=lambda n: known[n])
    naive = known[name]
    lower = 1 - model / naive if naive else 0.0
    numbers = f"RMSE {_number(model)} against {_number(naive)}"
    amount = f", {100 * lower:.2g} % lower" if lower < 0.995 else ""
    return _sentence(target, rows, name, numbers, amount, beats=model < naive, hardly=lower < _HARDLY)


def _classes(target: str, rows: str, scores: Scores, baselines: Mapping[str, Scores]) -> str:
    prefix = f"{target}." if target else ""
    model, known = scores.get(f"{prefix}accuracy"), _known(f"{prefix}accuracy", baselines)
    if model is None or not known:
        return _cannot(target, rows)
    name = max(known, key=lambda n: known[n])
    naive = known[name]
    numbers = f"accuracy {_number(model)} against {_number(naive)}"
    if model <= naive and _tells_apart(prefix, scores, baselines[name]):
        return _rare_class(target, rows, name, numbers, scores, baselines[name])
    amount = f", {_number(model - naive)} higher"
    return _sentence(target, rows, name, numbers, amount, beats=model > naive, hardly=model - naive < _HARDLY)


def _sentence(target: str, rows: str, baseline: str, numbers: str, amount: str, *, beats: bool, hardly: bool) -> str:
    verb = "does not beat" if not beats else "hardly beats" if hardly else "beats"
    text = f"{_subject(target)} {verb} {_WORDS.get(baseline, baseline)} on {rows}: {numbers}"
    return f"{text}{amount}." if beats else f"{text}. It has learned nothing useful yet."


def _tells_apart(prefix: str, scores: Scores, naive: Scores) -> bool:
    """Tell whether a model with a poor accuracy finds the rare class nevertheless, as one with class weights does."""
    macro, naive_macro, auc = (
        scores.get(f"{prefix}macro_f1"),
        naive.get(f"{prefix}macro_f1"),
        scores.get(f"{prefix}roc_auc"),
    )
    return macro is not None and naive_macro is not None and macro > naive_macro and (auc or 0.0) >= _TELLS_APART


def _rare_class(target: str, rows: str, baseline: str, numbers: str, scores: Scores, naive: Scores) -> str:
    prefix = f"{target}." if target else ""
    macro, auc = (
        f"{_number(scores[prefix + name] or 0.0)} against {_number(naive.get(prefix + name) or 0.5)}"
        for name in ("macro_f1", "roc_auc")
    )
    return (
        f"{_subject(target)} is not right more often than {_WORDS.get(baseline, baseline)} on {rows}: {numbers}. "
        f"But it does tell the classes apart: macro F1 {macro}, ROC AUC {auc}."
    )


def _cannot(target: str, rows: str) -> str:
    return f"{_subject(target)} cannot be compared with a naive baseline on {rows}: there is nothing to score."


def _subject(target: str) -> str:
    return f"{target}: the model" if target else "The model"


def _known(key: str, baselines: Mapping[str, Scores]) -> dict[str, float]:
    return {name: value for name, found in baselines.items() if (value := found.get(key)) is not None}


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
