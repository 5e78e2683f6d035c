"""Rules on scores: no skill, underfitting, a target that was not scaled.

Sources: Goodfellow et al. (2016), 5.2 on capacity and 11.2 on baselines ("if a simple method does as well, ...");
Google's "Deep Learning Tuning Playbook" (2023) on telling a learning rate apart that is too small; D. Kingma, J. Ba,
"Adam" (2015), 2.1: a step of Adam moves a weight by about the learning rate, whatever the gradient. The numbers were
tuned on `tests/diagnosis/tuning.jsonl`.
"""

from __future__ import annotations

from dlrun.evaluation.diagnosis import changes
from dlrun.evaluation.diagnosis.evidence import Evidence
from dlrun.evaluation.diagnosis.verdict import Verdict

NO_SKILL = 0.02  # of an error that is 0 for the naive answer and 1 for none
TELLS_APART = 0.65  # a ROC AUC from which probabilities are of use, even where no answer changes by them
UNLEARNABLE = 0.05  # the skill of a random forest on other rows, below which the features say nothing
LITTLE = 0.25  # of the training rows' variance, or log loss, explained
BELOW_FOREST = 0.15  # skill on its own training rows that much below a forest's on rows it has not seen
LARGE_TARGET = 100.0  # mean or spread of a target; Adam's steps of 0.001 need 100,000 batches for it
LEARNED = 0.5  # an RMSE below half of the naive one


def no_skill(e: Evidence) -> Verdict | None:
    """Find scores that are no better than those of a naive answer."""
    found = e.skills(e.part)
    target = min(found, key=lambda name: found[name], default=None)
    if target is None or found[target] > NO_SKILL or _tells_apart(e):
        return None
    skill, learnable = found[target], e.rows.learnable if e.rows is not None else None
    about = f"{target}: o" if len(found) > 1 else "O"
    reason = (
        f"{about}n the {rows_of(e.part)} rows it is no better than a naive answer (skill {skill:.2f}, 1 is perfect)."
    )
    evidence: dict[str, float | str] = {"target": target, "skill": skill}
    if learnable is None:
        remedy = "See first whether it learned the training rows at all, then look for features that tell more."
        return Verdict("no_skill", evidence, reason, remedy)
    evidence["forest_skill"] = learnable
    if learnable < UNLEARNABLE:
        reason += f" Nor is a random forest ({learnable:.2f}): these features tell nothing of the target."
        remedy = (
            "No network helps here. Look whether target and features are in step (the right column, rows in the same "
            "order), and find features that have to do with it."
        )
        return Verdict("no_skill", evidence, reason, remedy)
    reason += f" A random forest has {learnable:.2f} from the same features, so there is something to learn."
    remedy, change = changes.for_underfitting(e)
    return Verdict("no_skill", evidence, reason, remedy, change)


def underfitting(e: Evidence, *, still_falling: bool) -> Verdict | None:
    """Find a network that does not even learn its training rows.

    Args:
        e: The evidence.
        still_falling: Whether its loss still falls; then it only counts if the config says what holds it back.
    """
    explained = explained_share(e)
    if explained is None or explained > LITTLE:
        return None
    skill, learnable = e.skill("train"), e.rows.learnable if e.rows is not None else None
    if learnable is not None and learnable < UNLEARNABLE:
        return None
    cause = changes.cause_of_underfitting(e.config)
    below = learnable is not None and skill is not None and skill <= learnable - BELOW_FOREST
    if not cause and (still_falling or (not below and learnable is not None)):
        return None
    reason = f"The network explains only {100 * max(explained, 0):.0f} % of the training rows"
    if learnable is not None and skill is not None and below:
        reason += f" (skill {skill:.2f}; a random forest has {learnable:.2f}, on rows that it has not seen)"
    reason += f": {cause}." if cause else ": it is too small, or learns too slowly."
    evidence: dict[str, float | str] = {"explained": explained}
    if skill is not None:
        evidence["train_skill"] = skill
    if learnable is not None:
        evidence["forest_skill"] = learnable
    remedy, change = changes.for_underfitting(e)
    return Verdict("underfitting", evidence, reason, remedy, change)


def unscaled_target(e: Evidence) -> Verdict | None:
    """Find a target in the hundreds or thousands that the network cannot reach by steps of its learning rate."""
    if e.config.preprocessing.target or "regression" not in e.tasks or not e.spread:
        return None
    target, (mean, _) = max(e.spread.items(), key=lambda item: abs(item[1][0]))
    naive, skill = e.score("train", "rmse", baseline="mean"), e.skill("train")
    size = max(abs(mean), naive or 0.0)
    if size < LARGE_TARGET or (skill is not None and skill >= LEARNED):
        return None
    rate = changes.learning_rate(e.config)
    far = f", and a step of the optimizer moves a weight by about {rate:g}" if rate is not None else ""
    reason = f"'{target}' is as large as {size:,.0f}, the network begins near 0{far}: it is on its way all the time."
    evidence = {"target": target, "mean": mean, "size": size}
    remedy = "Scale the target; scores, predictions and plots stay in its own unit."
    return Verdict("unscaled_target", evidence, reason, remedy, {"preprocessing.target": "standard"})


def explained_share(e: Evidence) -> float | None:
    """Return which share of the training rows' log loss, or variance, the network explains; None without scores."""
    loss, naive = e.score("train", "log_loss"), e.score("train", "log_loss", baseline="majority")
    if loss is not None and naive:
        return 1 - loss / naive
    rmse, naive = e.score("train", "rmse"), e.score("train", "rmse", baseline="mean")
    return 1 - (rmse / naive) ** 2 if rmse is not None and naive else None


def _tells_apart(e: Evidence) -> bool:
    """Tell whether the probabilities are worth something, as they may be where a class is rare."""
    auc = e.score(e.part, "roc_auc")
    return "regression" not in e.tasks and auc is not None and auc >= TELLS_APART


def rows_of(part: str) -> str:
    """Return what the rows of a part are called."""
    return {"train": "training"}.get(part, part)
