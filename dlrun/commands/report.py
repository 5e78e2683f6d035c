"""`dlrun report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, RunsDir, Trust


def report(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            help="A run's folder or name, or several to compare; default: the latest.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to; default: in the run's folder.", show_default=False
        ),
    ] = None,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Write a page about a run, or one that compares several: a single HTML file to look at and to hand on.

    \b
    dlrun report                                the latest run: runs/NAME/report.html
    dlrun report boston_8_1-001 -o boston.html  where you want it
    dlrun report boston_8_1-001 wider-001       compared: runs/boston_8_1-001/report-vs-wider-001.html
    dlrun report boston_8_1 wider slow          all seeds of each
    dlrun report boston_8_1-001 --json          {"file": ...}

    Of one run, from top to bottom: the data (columns, distributions, split, what leaks), how they were prepared, the
    network as a picture, the learning curves, the scores with a naive baseline and each target looked at closely,
    what `dlrun evaluate` found with --importance, --worst and --by, what is wrong and what to change, and how to do
    it again.

    Of several: a table of the settings that differ beside the scores, to be sorted by a click; each score with its
    95 % interval and a naive answer; whether the best is ahead by more than noise, as `dlrun compare` tells it; the
    learning curves over one another, with switches for training rows, single seeds, log scale and smoothing; what to
    try next; and each run in short. A name without a number stands for its newest run that has scores, and for all that
    differ from it in the seed or fold alone. Runs that have no scores yet are shown by their curves; those whose scores
    cannot be held against the first's (other targets, data or rows) are not ranked, and the page says why.

    Charts can be zoomed, and a click on a name in their legend hides its line. The page needs no network and loads
    nothing; it may be mailed as it is. Where the data have moved or changed since, their distributions are left out,
    and the page says so. What is printed is the file.
    """
    from dlrun.console.text import clean
    from dlrun.files import json_text
    from dlrun.report.comparison.write import write_reports
    from dlrun.report.write import write_report
    from dlrun.run_dir import RunDir

    if runs and len(runs) > 1:
        file = write_reports(runs, runs_dir, output, trust=trust)
    else:
        file = write_report(RunDir.find(runs[0] if runs else None, runs_dir), output, trust=trust)
    print(json_text({"file": str(file)}) if as_json else f"{clean(str(file))}\n", end="")
