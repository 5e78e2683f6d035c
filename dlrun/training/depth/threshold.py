"""The threshold that is best by a metric: chosen on validation rows, then scored on the rows that count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.errors import ConfigError, Problem
from dlrun.evaluation.intervals import draws_of
from dlrun.evaluation.outputs import gives_probabilities
from dlrun.evaluation.scores import better_or_worse, by_target
from dlrun.evaluation.threshold import (
    Change,
    Costs,
    ThresholdCurve,
    threshold_changes,
    threshold_curve,
    threshold_metric,
)
from dlrun.training.depth.scored import ScoredPart, Target, scored_part
from dlrun.training.examples import Array
from dlrun.training.unseen import unseen_sentences

if TYPE_CHECKING:
    from dlrun.training.results import ScoredParts
    from dlrun.training.run import Run

VALIDATION = "validation"
_FEW_POSITIVE = 20


@dataclass(frozen=True)
class ChosenThreshold:
    """A threshold and what it is worth.

    Args:
        target: The column.
        positive: The class that is called positive, in words.
        metric: By which it was chosen.
        threshold: The threshold.
        before: The run's own.
        curve: The scores of the validation rows at every threshold.
        chosen_on: How many validation rows there are.
        chosen_positive: How many of them are positive.
        value: The metric on the validation rows at the new threshold.
        value_before: And at the run's own.
        part: The rows on which it is scored.
        rows: How many they are.
        changes: Metric to its value there at both thresholds.
        costs: What mistakes cost.
        notes: Sentences about the validation rows: they are not those of the training, or hold what training did not.
    """

    target: str
    positive: str
    metric: str
    threshold: float
    before: float
    curve: ThresholdCurve
    chosen_on: int
    chosen_positive: int
    value: float
    value_before: float
    part: str
    rows: int
    changes: Mapping[str, Change]
    costs: Costs | None = None
    notes: Sequence[str] = ()

    @property
    def outcome(self) -> str:
        """What the choice is worth on the rows that count, as a sentence."""
        change = self.changes[self.metric]
        numbers = f"{self.metric} {change.before:.4g} becomes {change.after:.4g}"
        rows = f"On the {'training' if self.part == 'train' else self.part} rows"
        if change.before == change.after:
            return f"{rows} {self.metric} stays the same, {change.before:.4g}."
        if change.is_noise:
            return f"{rows} {numbers}: no more than other rows might have turned round."
        outcome = better_or_worse(self.metric, change.after - change.before)
        return f"{rows} {numbers}, which is {outcome} by more than chance."

    @property
    def cautions(self) -> list[str]:
        """What should be known before it is used, as whole sentences."""
        found = list(self.notes)
        few = min(self.chosen_positive, self.chosen_on - self.chosen_positive)
        if few < _FEW_POSITIVE:
            found.append(
                f"Only {few} of the {self.chosen_on:,} validation rows are of the rarer class: another draw of them "
                "would choose another threshold."
            )
        if self.metric in ("recall", "precision", "specificity"):
            found.append(
                f"By {self.metric} alone the best threshold is an extreme one; f1, balanced_accuracy or --cost weigh "
                "both kinds of mistakes."
            )
        if self.part == VALIDATION:
            found.append(
                "The scores are those of the rows that chose it, and so too good: test rows tell what it is worth."
            )
        return found


def choose_thresholds(
    run: Run, scored: ScoredParts, judged: ScoredPart, metric: str, costs: Costs | None
) -> list[ChosenThreshold]:
    """Choose a threshold for every binary target.

    Args:
        run: The run.
        scored: What was scored; the validation rows are added if they are not among it.
        judged: The rows on which the choice is scored.
        metric: By which it is chosen.
        costs: What mistakes cost.

    Raises:
        ConfigError: If the run has no validation rows.
    """
    metric = threshold_metric(metric)
    validation, notes = _validation_rows(run, scored)
    return [
        _choose(validation, judged, target, metric, costs, notes)
        for target in judged.targets
        if target.head.task == "binary" and gives_probabilities(target.head)
    ]


def _validation_rows(run: Run, scored: ScoredParts) -> tuple[ScoredPart, list[str]]:
    """Return the run's validation rows, and what is to be known of them and is not told of what was scored."""
    from dlrun.training.evaluate import answered, own_parts, own_rows_unless

    if VALIDATION in scored.rows:
        return scored_part(run, scored, VALIDATION), []
    parts, changes = own_parts(run, run.dir.read_json(run.dir.data))
    if VALIDATION not in parts:
        what = f"{run.dir.name} has no validation rows, and on the test rows no threshold is chosen"
        fix = "Train with data.split.validation or fit.validation_split."
        raise ConfigError(Problem(what, fix, "--best-threshold"))
    with own_rows_unless(bool(changes)):
        scored = answered(run, {VALIDATION: parts[VALIDATION]})
    notes = unseen_sentences(scored.unseen.get(VALIDATION, {}), f"{VALIDATION} rows")
    return scored_part(run, scored, VALIDATION), [*changes, *notes]


def _choose(
    validation: ScoredPart,
    judged: ScoredPart,
    target: Target,
    metric: str,
    costs: Costs | None,
    notes: Sequence[str],
) -> ChosenThreshold:
    positive, probability = _column(validation, target)
    curve = threshold_curve(positive, probability, costs)
    threshold, before = curve.best_rounded(metric), validation.run.threshold
    actual, told = _column(judged, target)
    changes = threshold_changes(actual, told, (before, threshold), draws_of(len(actual), judged.horizon), costs)
    return ChosenThreshold(
        target=target.name,
        positive=positive_label(judged.run, target.name),
        metric=metric,
        threshold=threshold,
        before=before,
        curve=curve,
        chosen_on=len(positive),
        chosen_positive=int(positive.sum()),
        value=curve.at(threshold, metric),
        value_before=curve.at(before, metric),
        part=judged.part,
        rows=len(actual),
        changes=changes,
        costs=costs,
        notes=notes,
    )


def positive_label(run: Run, target: str) -> str:
    """Return the label that counts as positive, as text."""
    return str(run.preprocessor.targets.labels[target].texts[-1])


def _column(rows: ScoredPart, target: Target) -> tuple[Array, Array]:
    truth, answer = rows.of(target)
    return by_target(truth)[:, target.place] == 1, by_target(answer)[:, target.place]


def threshold_document(chosen: ChosenThreshold) -> dict[str, Any]:
    """Return it as JSON values."""
    return {
        "metric": chosen.metric,
        "positive": chosen.positive,
        "threshold": chosen.threshold,
        "before": chosen.before,
        "validation": {"rows": chosen.chosen_on, "before": chosen.value_before, "after": chosen.value},
        "part": chosen.part,
        "scores": {
            name: {
                "before": change.before,
                "after": change.after,
                "interval": None if change.low is None else [change.low, change.high],
            }
            for name, change in chosen.changes.items()
        },
        "outcome": chosen.outcome,
        "cautions": chosen.cautions,
    }
