"""All parts of the data scored at once, as metrics.json holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.evaluation.baselines import Naive, score_baselines
from dlrun.evaluation.scores import flat_names, score

if TYPE_CHECKING:
    from dlrun.config.heads import Head

Array = np.ndarray[Any, Any]
Scores = dict[str, float | None]
PartScores = dict[str, Scores]
BaselineScores = dict[str, dict[str, Scores]]


def evaluate_parts(
    heads: Sequence[Head],
    truths: Mapping[str, Mapping[str, Array]],
    predictions: Mapping[str, Mapping[str, Array]],
    *,
    naive: Naive,
    threshold: float = 0.5,
) -> tuple[PartScores, BaselineScores]:
    """Score the model and the naive baselines on every part.

    Args:
        heads: `dlrun.config.heads.heads_of(config)`.
        truths: Part to output to true values. Regression: `(num_rows, num_targets)` in original units. Binary: 0 and
            1, `(num_rows, num_targets)`, 1 being the positive class. Multiclass: class indices `(num_rows,)` or
            one-hot `(num_rows, num_classes)`, both as `Preprocessor.apply_target` gives them.
        predictions: Likewise. Regression: `(num_rows, num_targets)` in original units (`Preprocessor.invert_target`).
            Classes: what `outputs.to_probabilities(head, raw)` gave.
        naive: `baselines.learn_baselines(heads, truths["train"], classes)`, learned once from the training rows.
        threshold: `config.evaluate.threshold`.

    Returns:
        Two pieces of metrics.json: `{"train": {"rmse": 3.9, ...}, "test": {...}}`, and what stands under "baseline":
        `{"train": {"mean": {"rmse": 9.2, ...}, "median": {...}}, "test": {...}}`. With several targets (in one head or
        in several) names are `Y1.rmse`. Scores that are not defined are None (`scores.explain_missing` says why).
    """
    several = sum(len(head.targets) for head in heads) > 1
    scores: PartScores = {}
    baselines: BaselineScores = {}
    for part, y_true in truths.items():
        scores[part], baselines[part] = {}, {}
        for head in heads:
            found = score(head, y_true[head.output], predictions[part][head.output], threshold=threshold)
            scores[part].update(flat_names(found, several))
            for name, naive_scores in score_baselines(head, naive, y_true[head.output]).items():
                baselines[part].setdefault(name, {}).update(flat_names(naive_scores, several))
    return scores, baselines
