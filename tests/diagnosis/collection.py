"""The labelled collection: what the rules look at, kept for each run, and the runs read back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dlrun.config import load_config
from dlrun.evaluation.diagnosis.evidence import ClassCount, Evidence, RowFacts, Units
from tests.diagnosis.recipes import BASES, Half, Recipe, recipes

HALVES: tuple[Half, ...] = ("tuning", "held_out", "second", "third")
ROOT = Path(__file__).parents[2]
DIGITS = 5  # of a number that is kept


@dataclass(frozen=True)
class Case:
    """A run of the collection, and what is wrong with it."""

    recipe: Recipe
    evidence: Evidence


def file_of(half: Half) -> Path:
    """Return the file of a half."""
    return Path(__file__).with_name(f"{half}.jsonl")


@cache
def load_cases(half: Half) -> tuple[Case, ...]:
    """Return the runs of a half; their configs are made from the recipes again."""
    by_name = {recipe.name: recipe for recipe in recipes()}
    lines = map(json.loads, file_of(half).read_text("utf-8").splitlines())
    return tuple(Case(by_name[line["recipe"]], _evidence(by_name[line["recipe"]], line)) for line in lines)


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Return evidence as plain values with few digits, without the config."""
    kept = {name: value for name, value in vars(evidence).items() if name != "config"}
    kept["history"] = {name: values for name, values in evidence.history.items() if name.endswith("loss")}
    kept["rows"] = asdict(evidence.rows) if evidence.rows is not None else None
    kept["units"] = [asdict(units) for units in evidence.units] if evidence.units is not None else None
    kept["counts"] = [asdict(count) for count in evidence.counts]
    rounded: dict[str, Any] = _rounded(kept)
    return rounded


def _evidence(recipe: Recipe, line: dict[str, Any]) -> Evidence:
    changes = [change.replace("@", "made/") for change in recipe.changes]
    facts = line["rows"]
    if facts is not None:
        facts = RowFacts(**{**facts, "telling": _pair(facts["telling"]), "shift": _pair(facts["shift"])})
    return Evidence(
        config=load_config(ROOT / BASES[recipe.data], [*changes, f"name={recipe.name}"]),
        state=line["state"],
        history=line["history"],
        metrics=line["metrics"],
        spread={target: tuple(pair) for target, pair in line["spread"].items()},
        rows=facts,
        units=[Units(**units) for units in line["units"]] if line["units"] is not None else None,
        counts=[ClassCount(**count) for count in line["counts"]],
        reason=line["reason"],
    )


def _pair(value: list[Any] | None) -> tuple[str, float] | None:
    return None if value is None else (value[0], value[1])


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
