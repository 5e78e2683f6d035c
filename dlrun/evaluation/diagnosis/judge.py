"""The rules in order: the cause to look at first stands in front, and what follows from it is not told again."""

from __future__ import annotations

from dlrun.config.checks.split import has_validation
from dlrun.evaluation.diagnosis import changes, curves, data, fit, network
from dlrun.evaluation.diagnosis.evidence import Evidence
from dlrun.evaluation.diagnosis.verdict import Diagnosis, Verdict

VERDICTS = (
    "good", "stopped_early", "jagged", "overfitting", "underfitting", "diverged", "no_skill", "leak",
    "bad_validation", "dead_units", "class_collapse", "unscaled_target",
)  # fmt: skip


def judge(e: Evidence) -> Diagnosis:
    """Return the verdicts on a run.

    A network that could not learn (it diverged, its units are dead, its target is out of reach) is not called
    underfitted or without skill as well; curves of validation rows that cannot be believed are not read, and after a
    leak no curve is.
    """
    diverged, leak, dead = curves.diverged(e), data.leak(e), network.dead_units(e)
    collapse, bad = network.class_collapse(e), data.bad_validation(e)
    unscaled = fit.unscaled_target(e) if diverged is None else None
    found = [diverged, leak, dead, collapse, unscaled, bad]
    if not any((diverged, leak, dead, unscaled)):
        found += _of_learning(e, collapsed=collapse is not None, believed=bad is None)
    verdicts = tuple(verdict for verdict in found if verdict is not None)
    return Diagnosis(verdicts or _good(e), _not_judged(e))


def _of_learning(e: Evidence, *, collapsed: bool, believed: bool) -> list[Verdict | None]:
    """Return the verdicts on a network that can learn something.

    Args:
        e: The evidence.
        collapsed: Whether a class is never predicted, which explains poor scores.
        believed: Whether the validation rows tell something.
    """
    no_skill = None if collapsed else fit.no_skill(e)
    if no_skill is not None and no_skill.evidence.get("forest_skill", 1.0) < fit.UNLEARNABLE:
        return [no_skill]
    jagged = curves.jagged(e) if believed and not collapsed else None
    overfitting = curves.overfitting(e) if believed and not collapsed else None
    stopped = curves.stopped_early(e) if believed and not (jagged or overfitting) else None
    underfitting = (
        None if collapsed or jagged or overfitting else fit.underfitting(e, still_falling=stopped is not None)
    )
    told = stopped is not None or underfitting is not None
    curves_found = [jagged, overfitting] if changes.steps_are_rough(e.config) else [overfitting, jagged]
    return [underfitting, *curves_found, stopped, None if told else no_skill]


def _good(e: Evidence) -> tuple[Verdict, ...]:
    if not e.epochs:
        return ()
    skill = e.skill(e.part)
    evidence: dict[str, float] = {"epochs": e.epochs}
    words = [f"The loss fell and came to rest in {e.epochs} epochs, without jumping"]
    if e.validation is not None:
        words.append("validation and training loss go together")
    if skill is not None:
        evidence["skill"] = skill
        words.append(
            f"and the {fit.rows_of(e.part)} rows are answered better than naively (skill {skill:.2f}, 1 is perfect)"
        )
    remedy = "Nothing must change. See with other seeds whether it holds, then try to do better: one change at a time."
    return (Verdict("good", evidence, ", ".join(words) + ".", remedy),)


def _not_judged(e: Evidence) -> tuple[str, ...]:
    said = []
    if e.epochs and e.validation is None and has_validation(e.config):
        said.append("The validation loss is not there for every epoch, so overfitting was not looked for.")
    elif not has_validation(e.config):
        said.append("There are no validation rows, so overfitting cannot be seen. Add fit.validation_split: 0.2.")
    if not e.metrics and e.state != "diverged":
        said.append(f"The run is {e.state} and has no scores yet, so only its curve was read.")
    return tuple(said)
