"""Makes the labelled collection: `python -m tests.diagnosis.make [WORD...]` trains every recipe, or those named so.

The runs are trained side by side by dlrun's own processes; what the rules look at is then kept, a line of JSON for
each run, in tuning.jsonl and held_out.jsonl. It takes some ten minutes on two cores.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from dlrun.config import load_config
from dlrun.training.diagnose import gather, open_run
from dlrun.training.several import Outcome, SeveralProgress, train_several
from tests.diagnosis.collection import HALVES, evidence_json, file_of
from tests.diagnosis.made_data import write_made_data
from tests.diagnosis.recipes import BASES, Recipe, half_of, recipes

ROOT = Path(__file__).parents[2]


class _Told(SeveralProgress):
    def __init__(self, names: list[str]) -> None:
        self.names = names

    def end(self, number: int, outcome: Outcome) -> None:
        print(self.names[number], outcome.state, *outcome.problems[:1], flush=True)


def train_all(chosen: list[Recipe], folder: Path) -> None:
    """Train recipes, each into `folder/runs/NAME-001`."""
    write_made_data(folder / "made")
    configs = []
    for recipe in chosen:
        changes = [re.sub(r"@([\w-]+)", lambda m: f"{folder}/made/{m[1]}.csv", change) for change in recipe.changes]
        configs.append(load_config(ROOT / BASES[recipe.data], [*changes, f"name={recipe.name}"]))
    train_several(configs, runs_dir=folder / "runs", progress=_Told([recipe.name for recipe in chosen]))


def collect(chosen: list[Recipe], folder: Path) -> None:
    """Write what the rules look at into the collection's files; runs that were not chosen keep their lines."""
    lines: dict[str, dict[str, dict[str, Any]]] = {half: {} for half in HALVES}
    for half, known in lines.items():
        if file_of(half).exists():
            known.update({line["recipe"]: line for line in map(json.loads, file_of(half).read_text().splitlines())})
    for recipe in chosen:
        evidence, _ = gather(open_run(f"{recipe.name}-001", runs_dir=folder / "runs"))
        lines[half_of(recipe)][recipe.name] = {"recipe": recipe.name, **evidence_json(evidence)}
        print(".", end="", flush=True)
    names = [recipe.name for recipe in recipes()]
    for half, known in lines.items():
        kept = [known[name] for name in names if name in known]
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in kept)
        file_of(half).write_text(text)


def main(words: list[str]) -> None:
    chosen = [recipe for recipe in recipes() if not words or any(word in recipe.name for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        train_all(chosen, Path(folder))
        collect(chosen, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
