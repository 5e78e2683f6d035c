"""Scores of a run beside those of a naive baseline, class reports and confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.console.forecasts import is_step, show_forecasts
from dlrun.console.terminal import heading, say, table
from dlrun.console.text import clean, digits_for, number
from dlrun.evaluation.skill import is_forecast
from dlrun.metrics_file import PARTS

Scores = Mapping[str, float | None]
_SURE = "95 % interval"
_AVERAGES = {"(mean of the classes)": "macro_avg", "(weighted by rows)": "weighted_avg"}


def show_scores(
    scores: Mapping[str, Scores],
    baselines: Mapping[str, Mapping[str, Scores]],
    intervals: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
) -> None:
    """Print a table: a row for each metric, a column for each part and for each baseline of the part that counts.

    Args:
        scores: Part to metric to value.
        baselines: Part to the baseline's name to metric to value.
        intervals: Part to metric to its 95 % interval, where there are any.
    """
    parts = [*(part for part in PARTS if part in scores), *(part for part in scores if part not in PARTS)]
    judged = parts[-1] if parts else None  # which are in order, new rows last
    naive = baselines.get(judged, {}) if judged else {}
    if judged and is_forecast(naive):
        show_scores({p: {m: v for m, v in scores[p].items() if not is_step(m)} for p in parts}, {}, intervals)
        show_forecasts(judged, scores[judged], naive)
        return
    metrics = dict.fromkeys(metric for part in parts for metric in scores[part])
    sure = (intervals or {}).get(judged or "", {})
    after = parts.index(judged) + 1 if judged and sure else 0
    rows = []
    for metric in metrics:
        values = [scores[part].get(metric) for part in parts]
        others = [baseline.get(metric) for baseline in naive.values()]
        cells = _aligned(values, others, known=[metric in b for b in naive.values()])
        rows.append([metric, *cells[:after], *[_between(sure.get(metric))] * bool(after), *cells[after:]])
    heading(f"scores{_about(list(naive))}")
    table(["", *parts[:after], *[_SURE] * bool(after), *parts[after:], *naive], rows)
    _say_why_missing(scores)


def _between(pair: Sequence[float] | None) -> str:
    if pair is None:
        return ""
    digits = None if max(map(abs, pair)) < 1e-3 else digits_for(pair)
    return f"{number(pair[0], digits)} to {number(pair[1], digits)}"


def _say_why_missing(scores: Mapping[str, Scores]) -> None:
    """Print a line for each score that is not defined."""
    if all(value is not None for found in scores.values() for value in found.values()):
        return
    from dlrun.evaluation.scores import explain_missing  # imports NumPy, which `dlrun ls` can do without

    reasons = {name: why for found in scores.values() for name, why in explain_missing(found).items()}
    for name, why in reasons.items():
        target = name.rpartition(".")[0]
        say(f"{target}: {why}" if target else why)


def _about(naive: Sequence[str]) -> str:
    if len(naive) < 2:
        return f" ({naive[0]}: a naive answer that knows no features)" if naive else ""
    return f" ({', '.join(naive[:-1])} and {naive[-1]}: naive answers that know no features)"


def _aligned(values: Sequence[float | None], others: Sequence[float | None], known: Sequence[bool]) -> list[str]:
    digits = digits_for([*values, *others])
    small = all(abs(v) < 1e-3 for v in [*values, *others] if v is not None)
    cells = [number(v, None if small else digits) for v in values]
    return [*cells, *(number(v, None if small else digits) if k else "" for v, k in zip(others, known, strict=True))]


def say_verdict(sentences: Sequence[str]) -> None:
    """Print what the scores mean, in words."""
    if sentences:
        say()
    for sentence in sentences:
        say(sentence)


def show_class_report(target: str, part: str, report: Mapping[str, Any]) -> None:
    """Print precision, recall and F1 of every class, their averages, and the confusion matrix.

    Args:
        target: The target's name.
        part: The part that was scored.
        report: What `evaluation.reports.class_report` gives.
    """
    heading(f"{target}: classes, on the {part} rows")
    rows = [[row["label"], *_report_cells(row)] for row in report["classes"]]
    rows += [[name, *_report_cells(report[key])] for name, key in _AVERAGES.items()]
    table(["", "precision", "recall", "f1", "rows"], rows)
    labels = [clean(label) for label in report["labels"]]
    heading(f"{target}: confusion matrix (a line for each true class, a column for each predicted one)")
    counts = zip(labels, report["confusion_matrix"], strict=True)
    table(["", *labels], [[label, *(f"{n:,}" for n in line)] for label, line in counts])


def _report_cells(row: Mapping[str, Any]) -> list[str]:
    return [*(number(row[name], 3) for name in ("precision", "recall", "f1")), f"{row['support']:,}"]
