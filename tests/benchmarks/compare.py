"""Script and dlrun in turn, several times; medians and ratios as plain values."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.arithmetic import median, ratio
from tests.benchmarks.cases import EPOCH, WHOLE, Case
from tests.benchmarks.measure import CommandError
from tests.benchmarks.sides import (
    DifferentWorkError,
    NotSupportedError,
    Sample,
    as_json,
    check_supported,
    require_same_work,
    run_side,
)

FIRST, MEMORY = "time to first epoch", "peak memory"
FIGURES = {WHOLE: "whole", EPOCH: "epoch", FIRST: "first_epoch", MEMORY: "peak_bytes"}
DONE, NOT_SUPPORTED, DIFFERENT, FAILED = "done", "not supported by this version", "different work", "failed"

Samples = Mapping[str, Sequence[Sample]]
Result = dict[str, Any]


def compare(case: Case, table: Path, repeats: int, sides: Sequence[str]) -> Result:
    """Measure a case; what goes wrong is part of the result, so that the other cases are still measured.

    Returns:
        `status`, `message`, and (where it is done) `figures` and every single sample.
    """
    result: Result = {"about": case.about, "status": DONE, "message": ""}
    try:
        if "dlrun" in sides:
            check_supported(case, table)
        samples = _measure(case, table, repeats, sides)
    except NotSupportedError as error:
        return result | {"status": NOT_SUPPORTED, "message": str(error)}
    except DifferentWorkError as error:
        return result | {"status": DIFFERENT, "message": str(error)}
    except CommandError as error:
        return result | {"status": FAILED, "message": str(error)}
    result["figures"] = figures_of(samples, case.goals)
    result["scores"] = _scores(samples)
    result["samples"] = {side: [as_json(sample) for sample in taken] for side, taken in samples.items()}
    return result


def _measure(case: Case, table: Path, repeats: int, sides: Sequence[str]) -> Samples:
    samples: dict[str, list[Sample]] = {side: [] for side in sides}
    for turn in range(repeats):
        # Whoever comes second finds warm caches; dlrun begins, for it may refuse.
        for side in reversed(sides) if turn % 2 == 0 else sides:
            sample = run_side(side, case, table)
            samples[side].append(sample)
            say(f"{case.name} {table.name} {turn + 1}/{repeats} {side}: {sample.whole:.2f} s")
        if len(sides) == 2:
            require_same_work(samples["script"][-1], samples["dlrun"][-1])
    return samples


def figures_of(samples: Samples, goals: Mapping[str, float]) -> dict[str, Result]:
    """Return for each figure both medians, their ratio, and where there is a goal whether it is held."""
    figures = {}
    for name, attribute in FIGURES.items():
        figure: Result = {side: median(getattr(sample, attribute) for sample in samples[side]) for side in samples}
        figure["ratio"] = ratio(figure.get("script"), figure.get("dlrun"))
        if name in goals:
            figure["goal"] = goals[name]
            figure["held"] = None if figure["ratio"] is None else figure["ratio"] >= goals[name]
        figures[name] = figure
    return figures


def _scores(samples: Samples) -> dict[str, Result]:
    """Return the medians of the test scores that the script tells, so that a bad bargain is seen."""
    names = [name for sample in samples.get("script", ())[:1] for name in sample.scores]
    return {
        f"test {name}": {side: median(sample.scores.get(name) for sample in taken) for side, taken in samples.items()}
        for name in names
    }


def say(text: str) -> None:
    """Tell how far it is, away from the results."""
    print(text, file=sys.stderr, flush=True)
