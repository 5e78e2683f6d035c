"""How often the rules are right: `python -m tests.diagnosis.measure` writes the figures into the README.

A run is judged rightly if its label is among the verdicts, and none that asks for the opposite. Its row in the
confusion matrix is its label, its column the verdict that stands first. Only runs that no rule was tuned on count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from dlrun.evaluation.diagnosis.judge import VERDICTS, judge
from tests.diagnosis.collection import Case, load_cases
from tests.diagnosis.recipes import Half

README = Path(__file__).parents[2] / "README.md"
MEASURED: tuple[Half, ...] = ("held_out", "second", "third")
OPPOSITE = {
    "overfitting": {"underfitting", "stopped_early"},
    "underfitting": {"overfitting"},
    "stopped_early": {"overfitting"},
}
_BLOCK = re.compile(r"(<!-- diagnosis: [^\n]*-->\n).*?(<!-- end of diagnosis -->)", re.DOTALL)


def verdicts(case: Case) -> list[str]:
    """Return the verdicts on a run, the first one first."""
    return [verdict.name for verdict in judge(case.evidence).verdicts]


def is_right(label: str, names: list[str]) -> bool:
    """Tell whether a run was judged rightly."""
    return label in names and not OPPOSITE.get(label, set()) & set(names)


def right(half: Half) -> tuple[int, int, int]:
    """Return how many runs of a half are judged rightly, have their label first, and how many there are."""
    found = [(case.recipe.label, verdicts(case)) for case in load_cases(half)]
    return sum(is_right(*one) for one in found), sum(names[:1] == [label] for label, names in found), len(found)


def matrix(cases: Iterable[Case]) -> str:
    """Return the confusion matrix as a table: a line for each label, a column for each first verdict."""
    counts = Counter((case.recipe.label, (verdicts(case) or ["none"])[0]) for case in cases)
    columns = [name for name in VERDICTS if any(counts[label, name] for label in VERDICTS)]
    lines = [f"| made to be | {' | '.join(c.replace('_', ' ') for c in columns)} |", "|---|" + "---|" * len(columns)]
    for label in VERDICTS:
        cells = (str(counts[label, name] or "") for name in columns)
        lines.append(f"| {label.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def figures() -> str:
    """Return what the README says between its marks."""
    lines = ["| runs | judged rightly | label named first | verdicts a run |\n|---|---|---|---|\n"]
    names: dict[Half, str] = {
        "tuning": "tuning half",
        "held_out": "held-out half",
        "second": "wine, cancer, diabetes",
        "third": "votes, schools, marriages",
    }
    for half, name in names.items():
        good, first, count = right(half)
        told = sum(len(verdicts(case)) for case in load_cases(half)) / count
        lines.append(f"| {name} | {good} of {count} | {first} of {count} | {told:.2f} |\n")
    table = matrix(case for half in MEASURED for case in load_cases(half))
    return f"{''.join(lines)}\nAll runs but the tuning half, by the verdict that stands first:\n\n{table}"


def with_figures(text: str) -> str:
    """Return the README's text with the figures as they are."""
    text, found = _BLOCK.subn(lambda m: f"{m[1]}\n{figures()}\n{m[2]}", text)
    assert found == 1
    return text


if __name__ == "__main__":
    README.write_text(with_figures(README.read_text("utf-8")), "utf-8")
