"""`dlrun diagnose`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, Run, RunsDir, Trust

if TYPE_CHECKING:
    from dlrun.evaluation.diagnosis.verdict import Diagnosis, Verdict
    from dlrun.training.next_config import NextConfig
    from dlrun.training.run import Run as LoadedRun
    from dlrun.training.try_next import Trial


def diagnose(
    run: Run = None,
    which: Annotated[
        str | None,
        typer.Option("--for", metavar="VERDICT", help="Mend this one; default: the first.", show_default=False),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write the change as NAME-next.yaml.")] = False,
    try_it: Annotated[bool, typer.Option("--try", help="Write it, train it, and say whether it helped.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.", show_default=False)
    ] = None,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with a run, why, and what to change next.

    \b
    dlrun diagnose                          the latest run
    dlrun diagnose boston_8_1-001 --apply   writes boston_8_1-next.yaml, which holds the change alone
    dlrun diagnose boston_8_1-001 --try     trains it as well, and compares the two on the same rows
    dlrun diagnose --for overfitting --try  mends another verdict than the first
    dlrun diagnose --json

    \b
    good             nothing to mend          diverged        the loss grew without end
    stopped_early    it was still falling     no_skill        no better than a naive answer
    jagged           it jumps up and down     leak            the target is given away
    overfitting      training rows by heart   bad_validation  too few rows, or other ones
    underfitting     not even these           dead_units      relu units that are always 0
    unscaled_target  out of reach             class_collapse  a class is never predicted

    The curves, the scores, the rows and the network are looked at; what cannot be (the data have moved, the run
    did not finish) is told. Change one thing at a time. Whether a change helped is judged by both runs' answers to
    the same rows: a difference that other rows might have turned round is called noise.
    """
    from dlrun.console.diagnosis import diagnosis_document, show_diagnosis, show_next, show_next_steps, show_trial
    from dlrun.console.terminal import say
    from dlrun.files import json_text
    from dlrun.training.diagnose import diagnose as find
    from dlrun.training.diagnose import open_run
    from dlrun.training.next_config import write_next

    loaded = open_run(run, runs_dir=runs_dir, trust=trust)
    diagnosis = find(loaded)
    if not as_json:
        show_diagnosis(loaded.dir, diagnosis)
    chosen = _chosen(diagnosis, which)
    following: NextConfig | None = None
    trial: Trial | None = None
    if chosen is not None and (apply or try_it or output is not None):
        following = write_next(loaded, chosen, output, trust=trust)
        if not as_json:
            show_next(following)
    elif chosen is not None and not as_json:
        show_next_steps(loaded.dir.name, diagnosis, chosen)
    elif (apply or try_it or output is not None) and not as_json:
        say()
        say("There is nothing to mend, so no config was written.")
    if following is not None and try_it:
        trial = _try(loaded, following, runs_dir, trust, as_json)
        if not as_json:
            show_trial(trial)
    if as_json:
        print(json_text(diagnosis_document(loaded.dir, diagnosis, following, trial)), end="")


def _chosen(diagnosis: Diagnosis, which: str | None) -> Verdict | None:
    """Return the verdict that is to be mended: the one that was named, else the first with a change.

    Raises:
        ConfigError: If the run has no such verdict.
    """
    from dlrun.errors import ConfigError, Problem, did_you_mean
    from dlrun.evaluation.diagnosis.judge import VERDICTS

    found = {verdict.name: verdict for verdict in diagnosis.verdicts}
    if which is None:
        changing = [verdict for verdict in found.values() if verdict.change]
        return next(iter(changing or found.values()), None) if "good" not in found else None
    if which not in found:
        hint = did_you_mean(which, VERDICTS) if which not in VERDICTS else ""
        raise ConfigError(
            Problem(f"no verdict '{which}' on this run; it has: {', '.join(found) or 'none'}", hint, "--for")
        )
    return found[which]


def _try(loaded: LoadedRun, following: NextConfig, runs_dir: Path, trust: bool, as_json: bool) -> Trial:
    from dlrun.console.progress import training_view
    from dlrun.training.try_next import try_next

    if as_json:
        return try_next(loaded, following, runs_dir=runs_dir, trust=trust)
    with training_view() as view:
        return try_next(loaded, following, runs_dir=runs_dir, progress=view, trust=trust)
