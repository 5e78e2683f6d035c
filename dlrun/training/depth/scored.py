"""The rows that are looked at, with what the network says about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.training.examples import Array

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config.heads import Head
    from dlrun.data.series import SeriesPart
    from dlrun.data.table import Table
    from dlrun.training.results import Answers, ScoredParts
    from dlrun.training.run import Run


@dataclass(frozen=True)
class Target:
    """One thing that the network predicts.

    Args:
        name: Its column.
        head: The output that gives it.
        place: Which of that output's targets it is.
    """

    name: str
    head: Head
    place: int


@dataclass(frozen=True)
class ScoredPart:
    """The rows of a part, or the examples that windows make of them, and the network's answers.

    Args:
        run: The run.
        part: The part's name.
        rows: Its rows.
        answers: Output to the network's answers: with a window `horizon` rows for each example.
        truths: Output to the true values, likewise.
    """

    run: Run
    part: str
    rows: Table | SeriesPart
    answers: Answers
    truths: Answers

    @property
    def targets(self) -> list[Target]:
        """Everything that is predicted."""
        heads = self.run.preprocessor.targets.heads
        return [Target(name, head, place) for head in heads for place, name in enumerate(head.targets)]

    @property
    def horizon(self) -> int | None:
        """Label rows of an example; None where rows have no order."""
        window = self.run.config.preprocessing.window
        return window.horizon if window is not None else None

    def of(self, target: Target) -> tuple[Array, Array]:
        """Return the true values of a target's output, and the network's answers."""
        return self.truths[target.head.output], self.answers[target.head.output]

    def label_frame(self) -> pd.DataFrame:
        """Return a row for each answer, with all columns of the table."""
        from dlrun.data.table import Table

        if isinstance(self.rows, Table):
            return self.rows.frame
        return self.rows.series.table.frame.iloc[self.rows.label_rows.ravel()]

    @property
    def words(self) -> str:
        """The rows in words: "the test rows"."""
        return f"the {'training' if self.part == 'train' else self.part} rows"


def scored_part(run: Run, scored: ScoredParts, part: str | None) -> ScoredPart:
    """Return the rows to look at.

    Args:
        run: The run.
        scored: All that was scored.
        part: Which part; None takes the last, which counts.

    Raises:
        ConfigError: If there is no such part.
    """
    known = list(scored.rows)
    name = known[-1] if part is None else {"training": "train", "val": "validation"}.get(part, part)
    if name not in known:
        what = f"{run.dir.name} has no part '{part}'"
        raise ConfigError(Problem(what, did_you_mean(name, known) or f"There are: {', '.join(known)}.", "--part"))
    return ScoredPart(run, name, scored.rows[name], scored.answers[name], scored.truths[name])
