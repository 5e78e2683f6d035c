"""What is wrong with the run, why, and what to change."""

from __future__ import annotations

from typing import Any

from dlrun.evaluation.diagnosis.verdict import Verdict
from dlrun.plots.style import number
from dlrun.report.preparation import value_words
from dlrun.report.section import Section, Source
from dlrun.training.diagnose import diagnose


def diagnosis_section(source: Source) -> Section:
    """Return the section of the verdicts."""
    found = diagnose(source.run)
    content = {"verdicts": [verdict_words(one) for one in found.verdicts], "not_judged": list(found.not_judged)}
    names = ", ".join(one.name.replace("_", " ") for one in found.verdicts)
    return Section("diagnosis", "Diagnosis", f"{names}." if names else "There is nothing to judge by.", content)


def verdict_words(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as the template shows it."""
    return {
        "name": verdict.name.replace("_", " "),
        "good": verdict.name == "good",
        "reason": verdict.reason,
        "remedy": verdict.remedy,
        "evidence": [(name.replace("_", " "), _evidence(value)) for name, value in verdict.evidence.items()],
        "change": [f"{key}={value_words(value)}" if value is not None else f"~{key}" for key, value in
                   verdict.change.items()],
    }  # fmt: skip


def _evidence(value: Any) -> str:
    return number(float(value)) if isinstance(value, float) else value_words(value)
