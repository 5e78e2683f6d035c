"""`dlrun resume`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, MoreEpochs, Run, RunsDir, Trust


def resume(
    run: Run = None,
    more_epochs: MoreEpochs = 0,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Go on although config, data or environment are others now.")
    ] = False,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the run's folder.")] = False,
) -> None:
    """Go on with a run that was stopped or killed, to the same result as if it had never been.

    \b
    dlrun resume                                 the latest run
    dlrun resume iris_8_3-001
    dlrun resume iris_8_3-001 --more-epochs 20   train a finished run further

    Weights, history, scores and best epoch come out bit for bit as they would have. That needs the same config, data,
    code, packages and processor: if any of them changed, each change is listed and nothing is done, unless
    --accept-changes says to go on all the same; run.json then tells what changed.
    """
    from dlrun.commands.train import view_run
    from dlrun.training.progress import Progress
    from dlrun.training.resume import resume as resume_run
    from dlrun.training.run import Run as FinishedRun

    def go_on(progress: Progress) -> FinishedRun:
        return resume_run(
            run, runs_dir=runs_dir, progress=progress, trust=trust, more_epochs=more_epochs,
            accept_changes=accept_changes,
        )  # fmt: skip

    view_run(go_on, as_json, quiet)
