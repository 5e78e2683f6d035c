"""The fast part of every campaign, and that a campaign can fail; all of them: `python -m tests.campaigns`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.catalog import MODULES, campaign
from tests.campaigns.frame import Campaign, run_campaign


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_a_campaign_holds(name: str) -> None:
    figures = run_campaign(campaign(name), fast=True)
    assert figures.failures == []
    assert figures.tried == figures.held > 0


def _odd(trial: int, place: Path) -> str:
    if trial == 4:
        raise ValueError("four")
    assert place.is_dir()
    return "" if trial % 2 else "even"


@pytest.mark.parametrize("own_process", [False, True])
def test_a_campaign_counts_what_did_not_hold(own_process: bool) -> None:
    odd = Campaign("odd", "Only odd numbers.", lambda seed, fast: range(5), _odd, own_process=own_process)
    figures = run_campaign(odd)
    assert (figures.tried, figures.held) == (5, 2)
    assert [failure["trial"] for failure in figures.failures] == ["0", "2", "4"]
    assert figures.failures[2]["why"].startswith("ValueError: four")


def test_the_watch_over_expressions_sees(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from dlrun.data import expression_values
    from tests.campaigns import expressions

    (tmp_path / "file").touch()
    monkeypatch.setattr(expression_values, "evaluate", lambda *_: (tmp_path / "file").read_bytes())
    assert "reached open" in expressions.attempt(expressions.ESCAPES.index("a // 0"), tmp_path)
