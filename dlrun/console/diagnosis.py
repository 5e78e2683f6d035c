"""A diagnosis on the screen: each verdict with what is seen, what to do, and the change that does it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dlrun.console.terminal import heading, say, say_whole, table
from dlrun.console.text import clean, number

if TYPE_CHECKING:
    from dlrun.evaluation.diagnosis.verdict import Diagnosis, Verdict
    from dlrun.evaluation.paired import Difference
    from dlrun.run_dir import RunDir
    from dlrun.training.next_config import NextConfig
    from dlrun.training.try_next import Trial

_PARTS = {"train": "training rows", "validation": "validation rows", "test": "test rows"}


def diagnosis_document(
    run: RunDir, diagnosis: Diagnosis, following: NextConfig | None, trial: Trial | None
) -> dict[str, Any]:
    """Return a diagnosis as `diagnose --json` prints it."""
    document: dict[str, Any] = {"run": str(run.path), **_verdicts(diagnosis)}
    if following is not None:
        document["next"] = {"config": str(following.file), "verdict": following.verdict.name}
    if trial is not None:
        document["try"] = {
            "run": str(trial.after.path), "helped": trial.helped, "part": trial.part or None, "mended": trial.mended,
            "differences": [{**asdict(d), "outcome": d.outcome} for d in trial.differences],
            **_verdicts(trial.diagnosis),
        }  # fmt: skip
    return document


def _verdicts(diagnosis: Diagnosis) -> dict[str, Any]:
    return {"verdicts": [asdict(v) for v in diagnosis.verdicts], "not_judged": list(diagnosis.not_judged)}


def show_diagnosis(run: RunDir, diagnosis: Diagnosis) -> None:
    """Print all verdicts, the first one first, and what could not be judged."""
    say_whole(run.path)
    if not diagnosis.verdicts:
        say("No epoch was finished, so there is nothing to judge.")
    for verdict in diagnosis.verdicts:
        heading(verdict.name)
        say(f"  {verdict.reason}")
        say(f"  {verdict.remedy}")
        if verdict.change:
            say_whole(f"  {change_words(verdict.change)}")
    if diagnosis.not_judged:
        say()
    for sentence in diagnosis.not_judged:
        say(f"note: {sentence}")


def show_next_steps(name: str, diagnosis: Diagnosis, chosen: Verdict) -> None:
    """Print how to go on, where there is a change to make."""
    if not chosen.change:
        return
    which = "" if chosen is diagnosis.main else f" --for {chosen.name}"
    say()
    say_whole(f"dlrun diagnose {name}{which} --apply  writes this change as a config")
    say_whole(f"dlrun diagnose {name}{which} --try    trains it as well, and says whether it helped")


def show_next(following: NextConfig) -> None:
    """Print where the next config is."""
    say()
    say_whole(f"{following.file} mends '{following.verdict.name}'; train it with")
    say_whole(f"  dlrun train {shlex.quote(str(following.file))}")


def show_trial(trial: Trial) -> None:
    """Print scores before and after, and whether the change helped."""
    if trial.differences:
        heading(f"the same {_PARTS.get(trial.part, trial.part)}, before and after")
        rows = [
            [d.metric, number(d.before), number(d.after), number(d.after - d.before), _interval(d), _WORDS[d.outcome]]
            for d in trial.differences
        ]
        headers = ["", trial.before.name, trial.after.name, "difference", "95 % interval", ""]
        table(headers, rows, right=headers[1:5])
    say()
    for sentence in trial_sentences(trial):
        say(sentence)


_WORDS = {"better": "better", "worse": "worse", "noise": "within noise"}
_HELPED = {
    "yes": "It helped",
    "no": "It did not help",
    "within_noise": "It made no difference that these rows can tell",
}


def trial_sentences(trial: Trial) -> list[str]:
    """Return what a trial says in words."""
    names = ", ".join(verdict.name for verdict in trial.diagnosis.verdicts) or "nothing to judge"
    gone = "is gone" if trial.mended else "is still there"
    said = [f"{_HELPED[trial.helped]}: '{trial.verdict.name}' {gone}; {trial.after.name} is judged {names}."]
    if not trial.differences:
        said.append("The two runs have no rows with scores in common, so these cannot be compared.")
    elif trial.verdict.name == "leak":
        said.append("A lower score is the honest one: the other was a gift of the leak.")
    else:
        said.append(
            "The interval tells what other rows would do, drawn again from these. What other seeds do: "
            f"dlrun train {shlex.quote(str(trial.file))} --seeds 5"
        )
    return said


def _interval(difference: Difference) -> str:
    if difference.low is None or difference.high is None:
        return "too few rows"
    return f"{number(difference.low)} to {number(difference.high)}"


def change_words(change: Mapping[str, Any]) -> str:
    """Return a change as it is written on the command line."""
    from dlrun.config.dump import override_text

    return clean(" ".join(shlex.quote(override_text(path, value)) for path, value in change.items()))


def quick_line(verdict: Verdict) -> str:
    """Return the one line that stands at the end of a training, where only curves and scores were looked at."""
    return f"Diagnosis by curves and scores: {verdict.name}. {verdict.reason}"
