"""What the network is worth: scores with intervals beside naive answers, and each target looked at closely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.evaluation.scores import is_higher_better
from dlrun.evaluation.skill import is_forecast
from dlrun.evaluation.verdict import verdict_of
from dlrun.metrics_file import PARTS, judged_part
from dlrun.plots.forecasts import forecast_targets
from dlrun.plots.results import class_targets, number_targets
from dlrun.report.classes import class_target
from dlrun.report.dots import Dot, Scale, dots
from dlrun.report.numbers import forecast_charts, number_target
from dlrun.report.page import score_text
from dlrun.report.section import Section, Source

_MAIN = ("accuracy", "rmse", "mae", "loss")  # the score that a run is told by: the first that it has
_TILES = ("rmse", "mae", "r2", "accuracy", "macro_f1", "roc_auc")
NAMES = {
    "rmse": "RMSE", "mae": "MAE", "mape": "MAPE", "smape": "sMAPE", "mase": "MASE", "rmsse": "RMSSE", "r2": "R²",
    "f1": "F1", "macro_f1": "macro F1", "weighted_f1": "weighted F1", "roc_auc": "ROC AUC", "pr_auc": "PR AUC",
    "log_loss": "log loss",
}  # fmt: skip


def evaluation_section(source: Source) -> Section:
    """Return the section of scores and predictions."""
    metrics = source.metrics
    parts = [part for part in PARTS if part in metrics]
    if not parts:
        return Section("evaluation", "Evaluation", "The run was not scored: it did not finish.", {"parts": []})
    judged = judged_part(metrics)
    content = {
        "parts": parts,
        "judged": judged,
        "scores": _scores(metrics, parts, judged),
        "naive": list(metrics.get("baseline", {}).get(judged, {})),
        "verdict": verdict_of(metrics),
        "against": _against(metrics, judged),
        "classes": [class_target(source, target) for target in class_targets(source.dir)],
        "numbers": [number_target(source, target) for target in number_targets(source.dir)],
        "forecasts": [forecast_charts(source, target) for target in forecast_targets(source.dir)],
        "unseen": metrics.get("unseen") or {},
        "closer": "" if _is_looked_at(source) else f"dlrun evaluate {source.called} --importance --worst 10",
    }
    rows = (metrics.get("rows") or {}).get(judged)
    told = f"Judged by {rows:,} {judged} rows" if rows else f"Judged by the {judged} rows"
    return Section("evaluation", "Evaluation", f"{told}, which the network did not learn from.", content)


def _is_looked_at(source: Source) -> bool:
    return source.dir.evaluation.is_dir() and any(source.dir.evaluation.glob("*.csv"))


def metric_name(metric: str) -> str:
    """Return a score's name as a reader knows it: `Y1.rmse` is "Y1 RMSE"."""
    target, _, name = metric.rpartition(".")
    told = NAMES.get(name, name.replace("_", " "))
    return f"{target} {told}" if target else told


def tiles(source: Source) -> list[dict[str, Any]]:
    """Return the scores that stand at the head of the page, each with its interval and the best naive answer."""
    metrics = source.metrics
    part = judged_part(metrics)
    naive = metrics.get("baseline", {}).get(part, {})
    found = []
    for metric, value in metrics.get(part, {}).items():
        if metric.rpartition(".")[2] not in _TILES or value is None:
            continue
        others = [score[metric] for score in naive.values() if score.get(metric) is not None]
        best = (max if is_higher_better(metric) else min)(others) if others else None
        interval = interval_of(metrics, part, metric)
        found.append({"name": metric_name(metric), "value": value, "naive": best, "interval": interval, "part": part})
    return found[:6]


def interval_of(metrics: Mapping[str, Any], part: str, metric: str) -> tuple[float, float] | None:
    """Return the 95 % interval of a score, where metrics.json has one."""
    pair = (metrics.get("intervals") or {}).get(part, {}).get(metric)
    if not isinstance(pair, (list, tuple)) or len(pair) != 2 or None in pair:
        return None
    return float(pair[0]), float(pair[1])


def main_metric(metrics: Mapping[str, Any], part: str) -> str | None:
    """Return the score that tells most: accuracy, RMSE, of forecasts MAE."""
    wanted = ("mae",) if is_forecast(metrics.get("baseline", {}).get(part, {})) else _MAIN
    scores = metrics.get(part, {})
    return next((m for name in wanted for m in scores if m.rpartition(".")[2] == name and scores[m] is not None), None)


def _scores(metrics: Mapping[str, Any], parts: list[str], judged: str) -> list[dict[str, Any]]:
    """Return a line for each score: its value on each part, its interval, and the naive answers' values."""
    naive = metrics.get("baseline", {}).get(judged, {})
    names = dict.fromkeys(name for part in parts for name in metrics[part] if not name.rpartition(".")[2].isdigit())
    return [
        {
            "name": metric_name(name),
            "values": [metrics[part].get(name) for part in parts],
            "interval": interval_of(metrics, judged, name),
            "naive": [score.get(name) for score in naive.values()],
            "known": [name in score for score in naive.values()],
        }
        for name in names
    ]


def _against(metrics: Mapping[str, Any], part: str) -> dict[str, Any] | None:
    """Return a picture of the main score beside that of each naive answer."""
    metric = main_metric(metrics, part)
    naive = metrics.get("baseline", {}).get(part, {})
    known = [(name.replace("_", " "), float(score[metric])) for name, score in naive.items()
             if score.get(metric) is not None]  # fmt: skip
    if metric is None or not known:
        return None
    own = Dot("the network", "model", float(metrics[part][metric]), interval_of(metrics, part, metric))
    found = [own, *(Dot(name, "muted", value, None) for name, value in known)]
    found.sort(key=lambda one: one.value, reverse=is_higher_better(metric))
    scale = Scale.around([value for one in found for value in one.values])
    better = "higher is better" if is_higher_better(metric) else "lower is better"
    rows = [
        {"name": one.name, "colour": one.colour, "picture": dots(one, scale, own.interval),
         "value": score_text(one.value), "interval": [*map(score_text, one.interval)] if one.interval else None}
        for one in found
    ]  # fmt: skip
    return {"title": f"{metric_name(metric)} on the {part} rows", "better": better, "rows": rows, "axis": scale.axis()}
