"""Which input columns a network leans on: each is shuffled among the rows, before preprocessing, and scored again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.errors import ConfigError, Problem
from dlrun.evaluation.importance import Importance, Together, columns_together, reading
from dlrun.evaluation.scores import is_higher_better, score
from dlrun.lazy_rows import LazyRows, rows_at
from dlrun.training.depth.scored import ScoredPart, Target
from dlrun.training.depth.wishes import MOST_ROWS, REPEATS, Wishes, metric_for
from dlrun.training.examples import Array, Examples
from dlrun.training.forward import Forward
from dlrun.training.results import Answers, answers_of

if TYPE_CHECKING:
    from dlrun.data.series import SeriesPart
    from dlrun.data.table import Table

Report = Callable[[int, int, str], None]

_FLOATS_AT_ONCE = 2**24  # numbers that go into the network, 64 MiB
FEWEST_ROWS = 2


@dataclass(frozen=True)
class TargetImportance:
    """How much each column means for the score of a target.

    Args:
        target: The column that is predicted.
        part: The rows.
        metric: The score.
        base: Its value before anything was shuffled.
        columns: The input columns, the most important first.
        together: Those that go together.
        rows: How many rows, or examples, were used.
        all_rows: How many there are.
        repeats: How often each column was shuffled.
        windows: Whether whole windows were shuffled.
    """

    target: str
    part: str
    metric: str
    base: float
    columns: list[Importance]
    together: list[Together]
    rows: int
    all_rows: int
    repeats: int
    windows: bool

    @property
    def reading(self) -> list[str]:
        """What it means, in whole sentences."""
        return reading(self.columns, self.together, self.metric, self.base, self.part, self.rows)


def importances(rows: ScoredPart, wishes: Wishes, report: Report) -> list[TargetImportance]:
    """Shuffle every input column and score what the network then says.

    Args:
        rows: The rows.
        wishes: How often, by which metric, of how many rows at most.
        report: Is told how many of how many shuffles are done, and what is next.

    Raises:
        ConfigError: If there is one input column only, or too few rows.
    """
    names = rows.run.preprocessor.features
    if len(names) < 2:
        what = f"{rows.run.dir.name} has one input column, '{names[0]}': shuffling it tells what guessing is worth"
        raise ConfigError(Problem(what, "The naive baseline tells that, too.", "--importance"))
    shuffled = _Shuffled(rows, wishes.most_rows or MOST_ROWS, rows.run.config.seed)
    if shuffled.count < FEWEST_ROWS:
        raise ConfigError(Problem(f"{rows.words} are too few to shuffle", "Take another --part.", "--importance"))
    base = shuffled.scores(shuffled.answers(), wishes)
    drops: dict[tuple[str, str], list[float]] = {}
    repeats = wishes.repeats or REPEATS
    total = len(names) * repeats
    for done, (name, order) in enumerate(shuffled.orders(names, repeats)):
        report(done, total, f"shuffling {name}")
        for target, value in shuffled.scores(shuffled.answers(name, order), wishes).items():
            sign = -1.0 if is_higher_better(metric_of(rows, target, wishes)) else 1.0
            drops.setdefault((target, name), []).append(sign * (value - base[target]))
    report(total, total, "")
    together = columns_together(shuffled.numbers(names))
    return [_of(rows, target, wishes, shuffled, base[target.name], drops, together) for target in rows.targets]


def metric_of(rows: ScoredPart, target: str, wishes: Wishes) -> str:
    """Return the score by which a target is looked at."""
    return metric_for(next(one.head for one in rows.targets if one.name == target), wishes)


def _of(
    rows: ScoredPart, target: Target, wishes: Wishes, shuffled: _Shuffled, base: float,
    drops: dict[tuple[str, str], list[float]], together: list[Together],
) -> TargetImportance:  # fmt: skip
    names = rows.run.preprocessor.features
    found = [Importance(name, tuple(drops[target.name, name])) for name in names]
    ordered = sorted(found, key=lambda one: -one.mean)
    return TargetImportance(
        target.name, rows.part, metric_for(target.head, wishes), base, ordered, together, shuffled.count,
        shuffled.num_rows, wishes.repeats or REPEATS, shuffled.windows,
    )  # fmt: skip


class _Shuffled:
    """Some of a part's rows, whose columns can be taken from other rows.

    Args:
        rows: The part.
        most: Take so many rows at most, drawn by chance.
        seed: Of the draws.
    """

    def __init__(self, rows: ScoredPart, most: int, seed: int) -> None:
        from dlrun.data.table import Table

        self._rows = rows
        self._random = np.random.default_rng(seed)
        self._preprocessor = rows.run.preprocessor
        self._table, self._places = self._inputs(rows.rows)
        self.windows = not isinstance(rows.rows, Table)
        self.num_rows = len(self._places)
        length = self._places.shape[1]
        floats = max(1, length * sum(int(np.prod(s.shape)) for s in self._preprocessor.inputs.values()))
        self._at_once = max(1, _FLOATS_AT_ONCE // floats)
        chosen = np.arange(self.num_rows)
        if self.num_rows > most:
            chosen = np.sort(self._random.choice(self.num_rows, most, replace=False))
        self._places = self._places[chosen]
        horizon = len(next(iter(rows.answers.values()))) // max(self.num_rows, 1)
        self._labels = (chosen[:, np.newaxis] * horizon + np.arange(horizon)).ravel()
        _, _, fit = rows.run.config.required()
        self._forward = Forward(rows.run.model, fit.batch_size)

    @staticmethod
    def _inputs(part: Table | SeriesPart) -> tuple[Table, Array]:
        """Return the table and the places in it of each example's rows `(num_examples, length)`."""
        from dlrun.data.table import Table

        if isinstance(part, Table):
            return part, np.arange(len(part))[:, np.newaxis]
        return part.series.table, part.shape.input_rows(part.ends)

    @property
    def count(self) -> int:
        """How many rows, or examples, there are."""
        return len(self._places)

    def orders(self, names: list[str], repeats: int) -> Iterator[tuple[str, Array]]:
        """Yield each column as often as it is shuffled, and from which rows its values are to come."""
        for name in names:
            for _ in range(repeats):
                yield name, self._random.permutation(self.count)

    def answers(self, column: str | None = None, order: Array | None = None) -> Answers:
        """Return the network's answers, with a column's values taken from other rows, or whole windows of it."""
        pieces = []
        for first in range(0, self.count, self._at_once):
            own = slice(first, first + self._at_once)
            other = self._places if order is None else self._places[order]
            columns = {
                name: self._column(name, (other if name == column else self._places)[own].ravel())
                for name in self._preprocessor.features
            }
            x = {name: self._as_windows(array) for name, array in self._preprocessor.apply(columns).items()}
            examples = Examples(x, on_disk=any(isinstance(array, LazyRows) for array in x.values()))
            pieces.append(answers_of(self._preprocessor, self._forward, examples, windows=self.windows))
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}

    def _column(self, name: str, places: Array) -> Any:
        frame = self._table.frame
        if name in self._table.tensors:
            return rows_at(self._table.tensors[name], frame.index.to_numpy()[places])
        return frame[name].to_numpy()[places]

    def _as_windows(self, array: Any) -> Any:
        return array.reshape(-1, self._places.shape[1], *array.shape[1:]) if self.windows else array

    def scores(self, answers: Answers, wishes: Wishes) -> dict[str, float]:
        """Return target to its score.

        Raises:
            ConfigError: If the score is not defined for these rows.
        """
        found = {}
        threshold = self._rows.run.threshold
        for target in self._rows.targets:
            truth = self._rows.truths[target.head.output][self._labels]
            metric = metric_for(target.head, wishes)
            value = score(target.head, truth, answers[target.head.output], threshold=threshold)[target.name][metric]
            if value is None:
                what = f"{metric} is not defined for {self._rows.words}"
                raise ConfigError(Problem(what, "Take another --metric.", "--importance"))
            found[target.name] = value
        return found

    def numbers(self, names: list[str]) -> dict[str, Array]:
        """Return the columns that hold numbers, for the last row of each example."""
        places = self._places[:, -1]
        frame = self._table.frame
        plain = [name for name in names if name in frame and frame[name].dtype.kind in "iufb"]
        return {name: frame[name].to_numpy()[places].astype(np.float64) for name in plain}


def importance_document(found: TargetImportance) -> dict[str, Any]:
    """Return it as JSON values."""
    return {
        "part": found.part,
        "metric": found.metric,
        "base": found.base,
        "rows": found.rows,
        "all_rows": found.all_rows,
        "repeats": found.repeats,
        "columns": importance_rows(found),
        "together": [{"columns": [t.first, t.second], "correlation": t.correlation} for t in found.together],
        "reading": found.reading,
    }


def importance_rows(found: TargetImportance) -> list[dict[str, Any]]:
    """Return a line for each column, the most important first."""
    lines = []
    for one in found.columns:
        low, high = one.between or (None, None)
        lines.append({"column": one.column, "importance": one.mean, "low": low, "high": high, "std": one.std})
    return lines
