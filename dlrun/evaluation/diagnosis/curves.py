"""Rules on learning curves: diverged, jagged, overfitting, stopped early.

Sources: L. Prechelt, "Early Stopping - But When?" (1998) for the generalization loss; I. Goodfellow, Y. Bengio,
A. Courville, "Deep Learning" (2016), 7.8 on early stopping and 11.4 on reading the learning rate off the training
error. The numbers were tuned on `tests/diagnosis/tuning.jsonl`.
"""

from __future__ import annotations

import numpy as np

from dlrun.evaluation.diagnosis import changes
from dlrun.evaluation.diagnosis.evidence import Array, Evidence, smoothed
from dlrun.evaluation.diagnosis.verdict import Verdict

EXPLODED = 10.0  # times the squared error of a network that always answers 0, or the log loss of the naive answer
GENERALIZATION_LOSS = 0.10  # Prechelt's GL = E_val / lowest E_val - 1 at the last epoch; he stops between 0.01 and 0.05
STILL_LEARNING = 0.10  # by how much the training loss went on falling since the best epoch
APART = 1.2  # validation loss / training loss: below it the two curves run together
FAR_APART = 3.0  # here the training rows are known by heart, even where the validation loss only stands still
AT_REST = 0.10  # above its lowest point the validation loss has arrived
HALVED = 0.5  # by how much the training loss fell since
CLIMB_OF_LEVEL = 0.015  # mean needless climb of an epoch, as a share of the loss's median
CLIMB_OF_RANGE = 0.08  # and as a share of what the picture shows: the range of the smoothed curve
TRAIN_CLIMB_OF_LEVEL, TRAIN_CLIMB_OF_RANGE = 0.02, 0.05  # of the training loss, where no dropout shakes it
FEWEST_EPOCHS = 8  # of which one can say that they are jagged
TAIL = 5  # the last fifth of the epochs shows whether the loss still falls
FALLS = 0.02  # by so much of its level in the tail
FALLS_OF_ALL = 0.01  # and of the whole fall, lest a loss that nears 0 "falls" for ever
STEADY = 0.5  # slope in the tail / slope over all: a straight line has 1
FELL_AT_ALL = 0.02


def diverged(e: Evidence) -> Verdict | None:
    """Find a loss that became NaN, or grew beyond any sense; the learning rate is too large for these inputs."""
    if e.state == "diverged":
        said = e.reason.split(". ")[0].split(" Likely")[0].rstrip(".") or "the loss became NaN or infinite"
        reason = f"{said[:1].upper()}{said[1:]}: the steps are too large, each one overshoots further than the last."
        return _diverged(e, {"epochs": e.epochs}, reason)
    size = _explosion(e)
    if size is None or size < EXPLODED:
        return None
    reason = f"The training loss is {size:,.0f} times that of a network that has not learned anything: it exploded."
    return _diverged(e, {"times_untrained": size}, reason)


def _explosion(e: Evidence) -> float | None:
    """Return the largest loss of an epoch, or the final one, in units of what an untrained network has."""
    rmse, naive = e.score("train", "rmse"), e.score("train", "rmse", baseline="mean")
    if rmse is not None and naive and "regression" in e.tasks and len(e.spread) == 1:
        zero = next(iter(e.spread.values()))[0] ** 2 + naive**2
        final = rmse**2 / zero
        first = e.train[0] / zero if e.epochs and _is_plain_mse(e) else 0.0
        return max(final, first if (e.skill("train") or 0.0) < FELL_AT_ALL else 0.0)
    loss, naive = e.score("train", "log_loss"), e.score("train", "log_loss", baseline="majority")
    return loss / naive if loss is not None and naive else None


def _is_plain_mse(e: Evidence) -> bool:
    loss = e.config.compile.loss if e.config.compile is not None else None
    is_mse = getattr(loss, "type", "").lower().replace("_", "") in ("mse", "meansquarederror")
    return is_mse and not e.config.preprocessing.target and not changes.penalties(e.config)


def _diverged(e: Evidence, evidence: dict[str, float], reason: str) -> Verdict:
    remedy, change = changes.for_divergence(e)
    return Verdict("diverged", evidence, reason, remedy, change)


def jagged(e: Evidence) -> Verdict | None:
    """Find a loss that jumps up and down: each step is too large, or made from too few rows (Goodfellow 11.4.1)."""
    if e.epochs < FEWEST_EPOCHS:
        return None
    found = []
    if e.validation is not None:
        level, share = climbs(e.validation)
        if level >= CLIMB_OF_LEVEL and share >= CLIMB_OF_RANGE:
            found.append(("validation", level, share))
    level, share = climbs(e.train)
    if level >= TRAIN_CLIMB_OF_LEVEL and share >= TRAIN_CLIMB_OF_RANGE and not changes.shakes_training(e.config):
        found.append(("training", level, share))
    if not found:
        return None
    part, level, share = found[0]
    ups = float(
        (np.diff((e.validation if part == "validation" and e.validation is not None else e.train)[1:]) > 0).mean()
    )
    reason = (
        f"The {part} loss jumps: it rises in {100 * ups:.0f} % of the epochs. What goes up only to come down again is "
        f"{100 * level:.1f} % of its level in a mean epoch, {100 * share:.0f} % of the range that the curve covers."
    )
    evidence = {"rising_epochs": ups, "climb_of_level": level, "climb_of_range": share}
    remedy, change = changes.for_jagged(e)
    return Verdict("jagged", evidence, reason, remedy, change)


def climbs(values: Array) -> tuple[float, float]:
    """Return the mean needless climb of an epoch, by the curve's level and by the range it covers.

    A curve that falls to its lowest point and rises from there, as one that overfits, has no needless climb: only what
    it goes up and down besides counts. The first epoch is left out: from there it falls so far that nothing else shows.
    """
    values = values[1:]
    steps = np.diff(values)
    if not len(steps):
        return 0.0, 0.0
    needed = values[0] + values[-1] - 2 * values.min()
    climb = max(0.0, float(np.abs(steps).sum() - needed) / 2) / len(steps)
    curve = smoothed(values)
    level, covered = float(np.median(np.abs(values))), float(np.percentile(curve, 95) - curve.min())
    return (climb / level if level else 0.0), (climb / covered if covered > 0 else 0.0)


def overfitting(e: Evidence) -> Verdict | None:
    """Find a validation loss that rises, or stands still, while the training loss goes on falling."""
    if e.validation is None or e.epochs < 3 or e.restores_best:
        return None
    validation, train = smoothed(e.validation), smoothed(e.train)
    best = int(np.argmin(validation))
    if validation[best] <= 0 or train[-1] <= 0:
        return None
    rise, gap = validation[-1] / validation[best] - 1, validation[-1] / train[-1]
    if rise < GENERALIZATION_LOSS or gap < APART or train[-1] > (1 - STILL_LEARNING) * train[best]:
        return _by_heart(e, validation, train)
    fall = 1 - train[-1] / train[best]
    reason = (
        f"From epoch {best + 1} on the validation loss rose by {100 * rise:.0f} % (smoothed), while the training loss "
        f"fell by another {100 * fall:.0f} %. At the end it is {gap:,.1f} times the training loss: what is learned "
        "there holds for the training rows only."
    )
    evidence = {"best_epoch": best + 1, "val_loss_rise": rise, "loss_fall_since": fall, "val_loss_by_loss": gap}
    remedy, change = changes.for_overfitting(e, best + 1)
    return Verdict("overfitting", evidence, reason, remedy, change)


def _by_heart(e: Evidence, validation: Array, train: Array) -> Verdict | None:
    """Find a validation loss that came to rest early, far above a training loss that went on towards 0."""
    rests = int(np.argmax(validation <= (1 + AT_REST) * validation.min()))
    fall, gap = 1 - train[-1] / train[rests], validation[-1] / train[-1]
    if rests >= e.epochs / 2 or fall < HALVED or gap < FAR_APART:
        return None
    reason = (
        f"Since epoch {rests + 1} the validation loss has hardly changed, while the training loss fell by another "
        f"{100 * fall:.0f} %. At the end it is {gap:,.1f} times the training loss: these are known by heart."
    )
    evidence = {"best_epoch": rests + 1, "loss_fall_since": fall, "val_loss_by_loss": gap}
    remedy, change = changes.for_overfitting(e, rests + 1)
    return Verdict("overfitting", evidence, reason, remedy, change)


def stopped_early(e: Evidence) -> Verdict | None:
    """Find a loss that was still falling when the epochs were through."""
    if e.epochs < 2 or e.ended_by_callback or e.state == "diverged":
        return None
    curve, train = smoothed(e.watched), smoothed(e.train)
    tail = max(1, len(curve) // TAIL)
    fall, whole = float(curve[-1 - tail] - curve[-1]), float(curve[0] - curve[-1])
    if fall <= 0 or whole <= 0 or train[-1] >= train[-1 - tail] or not curve[0] or not curve[-1 - tail]:
        return None
    of_level, of_all = fall / abs(curve[-1 - tail]), fall / whole
    steady = of_all / (tail / (len(curve) - 1))
    falls = of_level >= FALLS and of_all >= FALLS_OF_ALL
    straight = steady >= STEADY and whole / abs(curve[0]) >= FELL_AT_ALL
    if not (falls or straight):
        return None
    name = "training" if e.validation is None else "validation"
    epochs = "epoch" if tail == 1 else f"{tail} epochs"
    reason = (
        f"After {e.epochs} epochs the {name} loss was still falling: by {100 * of_level:.1f} % in the last {epochs}, "
        f"{100 * of_all:.0f} % of its whole fall."
    )
    evidence = {"epochs": e.epochs, "tail_epochs": tail, "fall_of_level": of_level, "fall_of_all": of_all}
    remedy, change = changes.for_stopped(e)
    return Verdict("stopped_early", evidence, reason, remedy, change)
