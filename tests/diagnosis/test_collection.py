"""The rules are right on runs that they were not tuned on, and every change that they propose fits its config."""

from __future__ import annotations

from collections import Counter

import pytest

from dlrun.config import load_config
from dlrun.config.dump import override_text
from dlrun.evaluation.diagnosis.judge import VERDICTS, judge
from tests.diagnosis.collection import HALVES, ROOT, file_of, load_cases
from tests.diagnosis.measure import README, is_right, right, with_figures
from tests.diagnosis.recipes import BASES, Half, half_of, recipes


@pytest.mark.parametrize("half", ["held_out", "second", "third"])
def test_nine_of_ten_runs_are_judged_rightly(half: Half) -> None:
    good, first, count = right(half)
    assert count >= 30
    assert good >= 0.9 * count
    assert first >= 0.85 * count


def test_every_recipe_has_its_run_in_its_half() -> None:
    for half in HALVES:
        assert [c.recipe.name for c in load_cases(half)] == [r.name for r in recipes() if half_of(r) == half]
    assert len(recipes()) >= 120


def test_every_verdict_is_tried_in_every_half() -> None:
    for half in HALVES:
        counts = Counter(case.recipe.label for case in load_cases(half))
        assert set(counts) == set(VERDICTS) and min(counts.values()) >= 3


def test_the_collection_is_small() -> None:
    assert sum(file_of(half).stat().st_size for half in HALVES) < 1_500_000


def test_a_verdict_that_asks_for_the_opposite_is_wrong() -> None:
    assert is_right("overfitting", ["jagged", "overfitting"])
    assert not is_right("overfitting", ["stopped_early", "overfitting"])
    assert not is_right("good", ["overfitting"])


@pytest.mark.parametrize("half", HALVES)
def test_every_change_fits_the_config(half: Half) -> None:
    for case in load_cases(half):
        given = [change.replace("@", "made/") for change in case.recipe.changes]
        for verdict in judge(case.evidence).verdicts:
            changes = [override_text(path, value) for path, value in verdict.change.items()]
            changed = load_config(ROOT / BASES[case.recipe.data], [*given, *changes, f"name={case.recipe.name}"])
            assert (changed == case.evidence.config) == (not changes), (case.recipe.name, verdict.name)


def test_the_figures_in_the_readme_are_those_of_the_rules() -> None:
    text = README.read_text("utf-8")
    assert text == with_figures(text), "run: python -m tests.diagnosis.measure"
