"""How much a score suffers when a column is shuffled: permutation importance.

L. Breiman, Random Forests, Machine Learning 45 (2001); for any model A. Fisher, C. Rudin, F. Dominici, All Models are
Wrong, but Many are Useful, JMLR 20 (2019). Signs are those of scikit-learn's `permutation_importance`: above 0 the
column helps, whatever the metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.evaluation.scores import is_higher_better
from dlrun.evaluation.statistics import spread

Array = np.ndarray[Any, Any]

TOGETHER = 0.7  # rank correlation from which columns stand in for each other
FEW_ROWS, FEW_SHUFFLES = 100, 5  # with fewer, what was found is to be doubted
_MOST_RANKED = 5_000  # rows
_MOST_PAIRED = 100  # columns


@dataclass(frozen=True)
class Importance:
    """What shuffling a column did to a score.

    Args:
        column: The column.
        drops: How much worse the score became, shuffle by shuffle; below 0 it became better.
    """

    column: str
    drops: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the shuffles."""
        return float(np.mean(self.drops))

    @property
    def std(self) -> float:
        """Standard deviation over the shuffles (ddof 0, as scikit-learn's `importances_std`)."""
        return float(np.std(self.drops))

    @property
    def between(self) -> tuple[float, float] | None:
        """The 95 % interval of the mean by Student's t: what other shuffles would give; None of one shuffle."""
        found = spread(self.drops)
        return None if found is None or found.low is None or found.high is None else (found.low, found.high)

    @property
    def is_needed(self) -> bool:
        """Whether the score suffers by more than chance."""
        pair = self.between
        return self.mean > 0 if pair is None else pair[0] > 0

    @property
    def is_harmful(self) -> bool:
        """Whether the score is better without what the column says, by more than chance."""
        pair = self.between
        return pair is not None and pair[1] < 0


@dataclass(frozen=True)
class Together:
    """Two columns that go together, and so can stand in for each other."""

    first: str
    second: str
    correlation: float


def columns_together(columns: Mapping[str, Array]) -> list[Together]:
    """Return pairs of columns whose rank correlation (Spearman) is far from 0, the strongest first.

    Args:
        columns: Numeric columns `(num_rows,)`; a row where one of the two is missing does not count for the pair.
    """
    import pandas as pd

    frame = pd.DataFrame({name: column[:_MOST_RANKED] for name, column in list(columns.items())[:_MOST_PAIRED]})
    if frame.shape[1] < 2:
        return []
    table = frame.corr(method="pearson" if len(frame) < 3 else "spearman").to_numpy()
    names = list(frame.columns)
    pairs = [
        Together(names[i], names[j], float(table[i, j]))
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if abs(table[i, j]) >= TOGETHER
    ]
    return sorted(pairs, key=lambda pair: -abs(pair.correlation))


def reading(
    importances: Sequence[Importance], together: Sequence[Together], metric: str, base: float, part: str, rows: int
) -> list[str]:
    """Say in whole sentences what importances mean.

    Args:
        importances: The columns, the most important first.
        together: Columns that go together.
        metric: The score's name.
        base: Its value before anything was shuffled.
        part: The rows' part.
        rows: How many there are.
    """
    needed = [one for one in importances if one.is_needed]
    idle = [one.column for one in importances if not one.is_needed and not one.is_harmful]
    harmful = [one.column for one in importances if one.is_harmful]
    said = []
    if needed:
        first = needed[0]
        after = base - first.mean if is_higher_better(metric) else base + first.mean
        said.append(
            f"The network leans on '{first.column}' most: shuffled, it takes {metric} from {base:.4g} to {after:.4g}."
        )
    if idle:
        verb = "makes" if len(idle) == 1 else "make"
        said.append(f"{_listed(idle)} {verb} no difference that can be told from chance.")
    if harmful:
        verb = "is" if len(harmful) == 1 else "are"
        names = _listed(harmful)
        said.append(f"These rows are answered better when {names} {verb} shuffled: what was learned of it fails here.")
    if (idle or harmful) and part == "test":
        said.append(
            "Before one is dropped (data.drop), see --part validation: test rows that choose columns test nothing more."
        )
    if together:
        pairs = ", ".join(f"{one.first} and {one.second} ({one.correlation:.2f})" for one in together[:3])
        more = f" and {len(together) - 3} further pairs" if len(together) > 3 else ""
        said.append(
            f"Columns that go together share their importance: {pairs}{more}. Each can stand in for the other, so both "
            "look less important than the two are."
        )
    else:
        said.append("Columns that say the same share their importance, so each looks less important than they are.")
    if rows < FEW_ROWS:
        said.append(f"These are {rows} rows only: others may tell otherwise.")
    if importances and len(importances[0].drops) < FEW_SHUFFLES:
        said.append("The intervals of so few shuffles are rough: --repeats 10.")
    said.append("It tells what this network uses, not what causes the target.")
    return said


def _listed(names: Sequence[str], most: int = 5) -> str:
    quoted = [f"'{name}'" for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(quoted)} and {len(names) - most} more"
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
