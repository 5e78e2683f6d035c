"""What is to be looked at in a run's predictions, and whether the run has it; told before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.config.heads import Head, heads_of
from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.evaluation import classification, regression
from dlrun.evaluation.outputs import gives_probabilities

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.evaluation.threshold import Costs

REPEATS = 10
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Wishes:
    """What to look at.

    Args:
        part: Which rows; default: those that count, the test rows or new ones.
        best_threshold: Choose the threshold that is best by this metric.
        costs: What mistakes cost.
        classes: Write the class reports.
        calibration: Look at the probabilities.
        importance: Shuffle the input columns, one at a time.
        repeats: How often each; default: REPEATS.
        metric: The score to look at; default: rmse for numbers, accuracy for classes.
        most_rows: Shuffle so many rows at most; default: MOST_ROWS.
        worst: List so many of the worst rows.
        by: Columns whose values make groups.
        bins: Into how many bins numbers are put; default: as `groups_of`.
    """

    part: str | None = None
    best_threshold: str | None = None
    costs: Costs | None = None
    classes: bool = False
    calibration: bool = False
    importance: bool = False
    repeats: int | None = None
    metric: str | None = None
    most_rows: int | None = None
    worst: int | None = None
    by: Sequence[str] = ()
    bins: int | None = None

    @property
    def is_any(self) -> bool:
        """Whether there is anything to look at beyond the scores."""
        asked = (self.best_threshold, self.classes, self.calibration, self.importance, self.worst, self.by)
        return any(bool(one) for one in asked)


def check_wishes(config: Config, wishes: Wishes, run: str) -> None:
    """Make sure that the run has what is asked for, as far as its config tells.

    Args:
        config: The run's.
        wishes: What is asked for.
        run: The run's name, for messages.

    Raises:
        ConfigError: With everything that it has not.
    """
    heads = heads_of(config)
    tasks = {head.task for head in heads}
    problems = []
    if wishes.best_threshold is not None:
        problems += _about_threshold(heads, wishes, run)
    elif wishes.costs is not None:
        problems.append(
            Problem("--cost tells what mistakes cost, and nothing is chosen by it", "Add --best-threshold cost.")
        )
    if wishes.classes and tasks == {"regression"}:
        problems.append(Problem(f"{run} predicts numbers: there are no classes to report on", _OF_NUMBERS, "--classes"))
    if wishes.calibration and not any(map(gives_probabilities, heads)):
        why = "predicts numbers" if tasks == {"regression"} else "was trained with a hinge loss"
        what = f"{run} {why}: it gives no probabilities that could be calibrated"
        problems.append(Problem(what, _OF_NUMBERS if tasks == {"regression"} else "", "--calibration"))
    if wishes.metric is not None:
        known = list(dict.fromkeys(name for head in heads for name in metrics_of(head)))
        if wishes.metric not in known:
            fix = did_you_mean(wishes.metric, known) or f"There are: {', '.join(known)}."
            problems.append(Problem(f"{run} has no score '{wishes.metric}'", fix, "--metric"))
        elif not wishes.importance and not wishes.by:
            problems.append(Problem("a metric is of use with --importance or --by", "Add one of them.", "--metric"))
    problems += _of_no_use(wishes)
    if problems:
        raise ConfigError(*problems)


def _of_no_use(wishes: Wishes) -> list[Problem]:
    """Return what is said about a closer look that is not asked for."""
    problems = []
    if wishes.part is not None and not wishes.is_any:
        fix = "Add one, as --worst 10 or --importance; without, all parts are scored."
        problems.append(Problem("it says where to look closely, and no closer look is asked for", fix, "--part"))
    if wishes.bins is not None and not wishes.by:
        problems.append(Problem("bins are of use with --by", "Add --by COLUMN.", "--bins"))
    for option, value in (("--repeats", wishes.repeats), ("--rows", wishes.most_rows)):
        if value is not None and not wishes.importance:
            problems.append(Problem("it is of use with --importance", "Add --importance.", option))
    return problems


_OF_NUMBERS = "--worst, --importance and --by look closer at numbers."


def _about_threshold(heads: Sequence[Head], wishes: Wishes, run: str) -> list[Problem]:
    from dlrun.evaluation.threshold import COST, threshold_metric

    where = "--best-threshold"
    try:
        chosen_by = threshold_metric(str(wishes.best_threshold))
    except ConfigError as error:
        return [Problem(p.what, p.fix, where) for p in error.problems]
    if chosen_by == COST and wishes.costs is None:
        fix = "Say it with --cost 1:5: a false alarm costs 1, a positive row that is missed 5."
        return [Problem("which threshold is cheapest depends on what mistakes cost", fix, where)]
    if any(head.task == "binary" and gives_probabilities(head) for head in heads):
        return []
    tasks = {head.task for head in heads}
    if "multiclass" in tasks:
        what = f"{run} takes the likeliest of its classes: there is no threshold to choose"
        fix = "For two classes, end in one sigmoid unit with binary_crossentropy; --calibration looks at all."
        return [Problem(what, fix, where)]
    if "binary" in tasks:
        return [Problem(f"{run} was trained with a hinge loss: it gives no probabilities to cut", "", where)]
    return [Problem(f"{run} predicts numbers: there is no threshold to choose", _OF_NUMBERS, where)]


def metrics_of(head: Head) -> tuple[str, ...]:
    """Return the scores of a head's targets that can be computed for any rows."""
    if head.task == "regression":
        return regression.METRICS
    known = classification.METRICS
    return known if gives_probabilities(head) else tuple(name for name in known if name != "log_loss")


def metric_for(head: Head, wishes: Wishes) -> str:
    """Return the score that a head is looked at by: the one asked for, if it has it."""
    if wishes.metric is not None and wishes.metric in metrics_of(head):
        return wishes.metric
    return "rmse" if head.task == "regression" else "accuracy"
