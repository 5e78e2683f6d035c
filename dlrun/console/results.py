"""What a finished training and an evaluation say at their end."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.console.diagnosis import quick_line
from dlrun.console.run_page import show_saved_scores
from dlrun.console.scores import say_verdict, show_class_report, show_scores
from dlrun.console.terminal import say, say_whole, screen
from dlrun.evaluation.skill import is_forecast
from dlrun.evaluation.verdict import verdict_of
from dlrun.training.unseen import unseen_sentences

if TYPE_CHECKING:
    from dlrun.evaluation.diagnosis.verdict import Diagnosis
    from dlrun.run_dir import RunDir
    from dlrun.training.evaluate import Evaluation
    from dlrun.training.run import Run


def show_result(run: RunDir, metrics: Mapping[str, Any], diagnosis: Diagnosis) -> None:
    """Print a finished run's scores, what they and its curves mean, where it is, and what to try next."""
    show_saved_scores(metrics)
    say_verdict(verdict_of(metrics))
    if diagnosis.main is not None:
        say(quick_line(diagnosis.main))
    say()
    say_whole(f"everything is in {run.path}; go on with")
    name = run.name if run.path.parent == Path("runs") else shlex.quote(str(run.path))
    series = any(is_forecast(found) for found in metrics.get("baseline", {}).values())
    commands = [(command.format(run=name), why) for command, why in (*_NEXT, *(_NEXT_OF_SERIES if series else ()))]
    width = max(len(command) for command, _ in commands)
    for command, why in commands:
        line = f"  {command:<{width}}  {why}"
        say_whole(line if len(line) <= screen().width else f"  {command}")


_NEXT = (
    ("dlrun diagnose {run}", "what is wrong with it, and what to change next"),
    ("dlrun evaluate {run}", "scores, class reports, confusion matrix"),
    ("dlrun predict {run} FILE", "predictions for new rows"),
    ("dlrun plot {run} OTHER", "its curves over those of another run"),
)
_NEXT_OF_SERIES = (("dlrun forecast {run}", "what comes after the data"),)


def evaluation_document(run: Run, evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as `evaluate --json` prints it."""
    chosen = {} if run.config.evaluate.best_threshold is None else {"threshold": run.threshold}
    return {
        "run": str(run.dir.path),
        **chosen,
        **evaluation.scores,
        "baseline": evaluation.baselines,
        "intervals": evaluation.intervals,
        "reports": evaluation.reports,
        "verdict": evaluation.verdict,
        "unseen": evaluation.unseen,
    }


def show_evaluation(run: RunDir, evaluation: Evaluation) -> None:
    """Print scores, class reports of the part that counts, and what they mean."""
    say_whole(run.path)
    show_scores(evaluation.scores, evaluation.baselines, evaluation.intervals)
    for target, report in evaluation.reports.get(evaluation.part, {}).items():
        show_class_report(target, evaluation.part, report)
    say_verdict(evaluation.verdict)
    _say_unseen(evaluation)


def show_cautions(evaluation: Evaluation) -> None:
    """Print what to know before anything that is told of the rows: the run or its data are not what they were."""
    for sentence in evaluation.cautions:
        say(sentence)
    _say_unseen(evaluation)


def _say_unseen(evaluation: Evaluation) -> None:
    for name, unseen in evaluation.unseen.items():
        for sentence in unseen_sentences(unseen, f"{name} rows"):
            say(f"note: {sentence}")
