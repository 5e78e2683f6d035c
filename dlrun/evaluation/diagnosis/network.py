"""Rules on what the network does: dead units, classes that are never predicted.

Sources: X. Glorot, A. Bordes, Y. Bengio, "Deep Sparse Rectifier Neural Networks" (2011) on units that are 0 for good
reason, of which there are many; Goodfellow et al. (2016), 6.3.1 on those that cannot learn. H. He, E. Garcia,
"Learning from Imbalanced Data" (2009). The numbers were tuned on `tests/diagnosis/tuning.jsonl`.
"""

from __future__ import annotations

from dlrun.evaluation.diagnosis import changes
from dlrun.evaluation.diagnosis.evidence import Evidence
from dlrun.evaluation.diagnosis.verdict import Verdict

DEAD = 0.8  # of a layer's rectified units; half of them are 0 in many a good network
RARE = 0.5  # of the share that a class would have if all were equally frequent
ALMOST_NEVER = 0.34  # predictions of a class, by how often it is there
FEWEST_OF_A_CLASS = 5


def dead_units(e: Evidence) -> Verdict | None:
    """Find a layer whose rectified units are 0 for every training row: no gradient reaches them any more."""
    worst = max(e.units or (), key=lambda units: units.dead / max(units.units, 1), default=None)
    if worst is None or worst.units < 2 or worst.dead < DEAD * worst.units:
        return None
    reason = (
        f"{worst.dead} of {worst.units} units of layer '{worst.layer}' are 0 for every training row: relu passes no "
        "gradient there, so they cannot come back."
    )
    evidence = {"layer": worst.layer, "units": worst.units, "dead": worst.dead}
    remedy, change = changes.for_dead_units(e)
    return Verdict("dead_units", evidence, reason, remedy, change)


def class_collapse(e: Evidence) -> Verdict | None:
    """Find a rare class that is hardly ever predicted, although it is there."""
    gone = [
        c
        for c in e.counts
        if c.true >= FEWEST_OF_A_CLASS and c.true < RARE * c.total / c.classes and c.predicted <= ALMOST_NEVER * c.true
    ]
    if not gone:
        return _collapsed_by_scores(e)
    rarest = min(gone, key=lambda c: c.predicted / c.true)
    reason = (
        f"'{rarest.label}' is the class of {rarest.true:,} of {rarest.total:,} rows, and is predicted "
        f"{rarest.predicted:,} times: where a class is rare, never saying it costs the loss little."
    )
    evidence = {"target": rarest.target, "class": rarest.label, "rows": rarest.true, "predicted": rarest.predicted}
    return _collapse(e, evidence, reason)


def _collapsed_by_scores(e: Evidence) -> Verdict | None:
    """Find the same from metrics.json, where predictions were not counted."""
    if e.counts or "regression" in e.tasks or e.rows is not None:
        return None
    naive = e.score(e.part, "accuracy", baseline="majority")
    found, macro, naive_macro = (
        e.score(e.part, "accuracy"), e.score(e.part, "macro_f1"), e.score(e.part, "macro_f1", baseline="majority"),
    )  # fmt: skip
    if None in (naive, found, macro, naive_macro) or found != naive or macro != naive_macro or (naive or 0) < 0.75:
        return None
    reason = f"Accuracy ({found:.3f}) and macro F1 are those of always saying the commonest class: it does just that."
    return _collapse(e, {"accuracy": found, "macro_f1": macro}, reason)


def _collapse(e: Evidence, evidence: dict[str, object], reason: str) -> Verdict:
    if e.config.fit is not None and e.config.fit.class_weight:
        remedy = (
            "Weights are set already: choose a lower evaluate.threshold, collect rows of that class, or oversample it."
        )
        return Verdict(
            "class_collapse", evidence, reason, remedy, {"preprocessing.resample": {"oversample": "minority"}}
        )
    remedy = "Let each class weigh the same in the loss; judge by macro F1 or ROC AUC, not by accuracy."
    return Verdict("class_collapse", evidence, reason, remedy, {"fit.class_weight": "balanced"})
