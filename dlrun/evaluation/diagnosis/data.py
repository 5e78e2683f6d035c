"""Rules on the rows: features that give the target away, rows in two parts, validation rows that say little.

Sources: S. Kaufman et al., "Leakage in Data Mining" (2012); Goodfellow et al. (2016), 5.3 on validation sets. With 20
rows an accuracy of 0.9 has a standard error of 0.07 (binomial). The numbers were tuned on
`tests/diagnosis/tuning.jsonl`.
"""

from __future__ import annotations

from dlrun.evaluation.diagnosis import changes
from dlrun.evaluation.diagnosis.evidence import Evidence
from dlrun.evaluation.diagnosis.verdict import Verdict

GIVES_AWAY = 0.97  # the skill of a decision tree on one feature alone
AHEAD = 0.1  # of the next feature: where several tell it all, the problem is easy
REPEATED = 0.05  # of a part's rows that are training rows, too
FEWEST_REPEATED = 3
FEW_ROWS = 20
UNLIKE = 1e-3  # the p value of the column that differs most, times the number of columns


def leak(e: Evidence) -> Verdict | None:
    """Find what makes scores better than they will ever be on new rows."""
    return _given_away(e) or _repeated(e)


def _given_away(e: Evidence) -> Verdict | None:
    if e.rows is None or e.rows.telling is None:
        return None
    column, skill = e.rows.telling
    if skill < GIVES_AWAY or skill - e.rows.second < AHEAD:
        return None
    reason = (
        f"'{column}' alone gives the target away: a decision tree on nothing else has a skill of {skill:.3f} (1 is "
        f"perfect; the next best feature has {max(e.rows.second, 0):.2f}). Is it known before the target is?"
    )
    evidence = {"column": column, "skill": skill, "next": e.rows.second}
    remedy = "Leave it out if it is made from the target, or only known afterwards."
    return Verdict("leak", evidence, reason, remedy, changes.without_feature(e.config, column))


def _repeated(e: Evidence) -> Verdict | None:
    if e.rows is None:
        return None
    for part in ("test", "validation"):
        count, rows = e.rows.repeated.get(part, 0), e.rows.rows.get(part, 0)
        if count >= max(FEWEST_REPEATED, REPEATED * rows):
            reason = (
                f"{count:,} of {rows:,} {part} rows are training rows, too, the same in every column: their score is a "
                "memory, not a skill."
            )
            evidence = {"part": part, "repeated": count, "rows": rows}
            remedy = "Keep each row once, before the parts are cut."
            return Verdict("leak", evidence, reason, remedy, changes.without_repeats(e.config))
    return None


def bad_validation(e: Evidence) -> Verdict | None:
    """Find validation rows that are too few to be believed, or another kind of rows."""
    count = (e.rows.rows if e.rows is not None else e.metrics.get("rows") or {}).get("validation")
    if count is None:
        return None
    if count < FEW_ROWS:
        reason = (
            f"{count} validation rows are too few: each is {100 / max(count, 1):.0f} % of the result, and the curve "
            "says more about them than about the network."
        )
        remedy = "Validate on a fifth of the rows."
        return Verdict("bad_validation", {"rows": count}, reason, remedy, changes.more_validation(e.config))
    shift = e.rows.shift if e.rows is not None else None
    if shift is None or shift[1] >= UNLIKE or e.is_series:
        return None
    reason = (
        f"The validation rows are unlike the training rows: '{shift[0]}' differs most (p = {shift[1]:.1g} over all "
        "columns). The rows seem to be in an order, and the validation rows were taken from one end."
    )
    remedy = "Draw the validation rows at random, unless time is what orders them."
    evidence = {"rows": count, "column": shift[0], "p": shift[1]}
    return Verdict("bad_validation", evidence, reason, remedy, changes.more_validation(e.config))
