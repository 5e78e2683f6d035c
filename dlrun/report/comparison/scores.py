"""The scores with their intervals, a picture for each: how far the experiments lie from each other, and from chance."""

from __future__ import annotations

from typing import Any

from dlrun.evaluation.scores import is_higher_better
from dlrun.plots.curves import series_of
from dlrun.plots.results import class_targets
from dlrun.report.charts import Chart
from dlrun.report.classes import precision_recall_chart, roc_chart
from dlrun.report.comparison.compared import Compared
from dlrun.report.comparison.runs import anchor, repetitions, shown_metrics
from dlrun.report.dots import Dot, Scale, dots
from dlrun.report.evaluation import metric_name
from dlrun.report.page import score_text
from dlrun.report.section import Section
from dlrun.training.group import Group

_MOST_PICTURES = 6
_MOST_CURVES = 10


def scores_section(compared: Compared) -> Section:
    """Return the section of the scores."""
    if compared.best is None:
        return Section(
            "scores", "Scores", compared.no_comparison, {"pictures": [], "charts": []}, "compare_scores.html"
        )
    several = any(len(group.runs) > 1 for group in compared.scored)
    how = "over seeds or folds where there are several, else over the rows drawn again"
    about = f"On the {compared.part} rows, with 95 % intervals {how}." if several else (
        f"On the {compared.part} rows, with 95 % intervals over the rows drawn again.")  # fmt: skip
    content = {
        "pictures": [_picture(compared, metric) for metric in shown_metrics(compared, _MOST_PICTURES)],
        "charts": _charts(compared),
    }
    return Section("scores", "Scores", about, content, "compare_scores.html")


def _picture(compared: Compared, metric: str) -> dict[str, Any]:
    order = compared.order(metric)
    found = [_dot(compared, group, metric) for group in order]
    naive = _naive(order, compared.part or "", metric)
    scale = Scale.around([value for one in found for value in one.values], naive)
    rows = [
        {
            "name": group.name,
            "anchor": anchor(compared, group),
            "colour": compared.colour(group),
            "repetitions": repetitions(group),
            "picture": dots(one, scale, found[0].interval),
            "value": score_text(one.value),
            "interval": [score_text(end) for end in one.interval] if one.interval else None,
        }
        for group, one in zip(order, found, strict=True)
    ]
    better = "higher is better" if is_higher_better(metric) else "lower is better"
    told = f"{naive[0].replace('_', ' ')} {score_text(naive[1])}" if naive else ""
    return {
        "title": metric_name(metric), "better": better, "rows": rows, "axis": scale.axis(), "naive": told,
        "naive_shown": scale.naive is not None,
    }  # fmt: skip


def _dot(compared: Compared, group: Group, metric: str) -> Dot:
    found = compared.spread(group, metric)
    assert found is not None
    single = [one[metric] for one in group.scores(compared.part or "")] if len(group.runs) > 1 else []
    known = tuple(float(value) for value in single if value is not None)
    return Dot(group.name, compared.colour(group), found.mean, compared.interval(group, metric), known)


def _naive(order: list[Group], part: str, metric: str) -> tuple[str, float] | None:
    """Return the best naive answer of the first experiment, with its score."""
    answers = (order[0].facts[0]["metrics"].get("baseline") or {}).get(part, {})
    known = [(name, float(scores[metric])) for name, scores in answers.items() if scores.get(metric) is not None]
    pick = max if is_higher_better(metric) else min
    return pick(known, key=lambda one: one[1]) if known else None


def _charts(compared: Compared) -> list[Chart]:
    """Return the curves of class targets, one for each experiment's first run."""
    groups = compared.scored[:_MOST_CURVES]
    runs = [group.runs[0] for group in groups]
    if len(runs) < 2:
        return []
    colours = [compared.colour(group) for group in groups]
    targets = [target for target in class_targets(runs[0]) if all(target in class_targets(run) for run in runs)]
    charts = []
    for target in targets:
        series, words = series_of(runs, target)
        if len(series) == len(runs):
            told = f"{target}: {words}" if len(targets) > 1 else words
            charts += [roc_chart(series, told, colours), precision_recall_chart(series, told, colours)]
    return [chart for chart in charts if chart.lines]
