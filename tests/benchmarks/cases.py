"""The cases: each has `configs/<name>.yaml`, `scripts/<name>.py` with the same work, and data of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
DIGITS = HERE.parents[1] / "configs" / "data" / "digits.npz"

WHOLE, EPOCH = "whole command", "epoch alone"


@dataclass(frozen=True)
class Case:
    """One piece of work, done by a script and by dlrun.

    Attributes:
        name: Of the case, its config, its script and its data.
        about: The table and the network in a few words.
        goals: Figure to the ratio (script / dlrun) that dlrun promises at least.
    """

    name: str
    about: str
    goals: Mapping[str, float] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The work as dlrun is told it."""
        return HERE / "configs" / f"{self.name}.yaml"

    @property
    def script(self) -> Path:
        """The work as a student writes it."""
        return HERE / "scripts" / f"{self.name}.py"


CASES = {
    case.name: case
    for case in (
        Case("small", "768 rows x 8, binary, 12-8-1, batch 16", {EPOCH: 5.0}),
        Case(
            "housing",
            "20,640 rows x 13, regression, 128-64-1 with dropout, batch 32",
            {EPOCH: 5.0, WHOLE: 1 / 0.6},
        ),
        Case("large", "200,000 rows x 50, 5 classes, 128-64-5, batch 32", {EPOCH: 1.5}),
        Case("wide", "10,000 rows x 1,000, binary, 128-64-1, batch 64"),
        Case("lstm", "10,000 hours x 5, windows of 24, LSTM 32, batch 32", {EPOCH: 1.0}),
        Case("windows", "1,000,000 hours x 8, windows of 168, Conv1D, batch 256", {EPOCH: 1.0}),
        Case("stream", "2,000,000 rows x 20 on disk (parquet), regression, 64-1, batch 256"),
        Case("conv", "1,797 digits 8 x 8, two Conv2D, batch 32", {EPOCH: 1.0}),
        Case("text", "10,000 texts, TextVectorization, Embedding, batch 32"),
    )
}
SCALING = Case("scaling", "one network on growing tables")
