"""`dlrun report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, Run, RunsDir, Trust


def report(
    run: Run = None,
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
    """Write a page about a run: a single HTML file to look at and to hand on.

    \b
    dlrun report                                the latest run: runs/NAME/report.html
    dlrun report boston_8_1-001 -o boston.html

    From top to bottom: the data (columns, distributions, split, what leaks), how they were prepared, the network as a
    picture, the learning curves, the scores with a naive baseline and each target looked at closely, what is wrong
    and what to change, and how to do it again. Charts can be zoomed. The page needs no network and loads nothing; it
    may be mailed as it is. Where the data have moved or changed since, their distributions are left out, and the page
    says so. What is printed is the file.
    """
    from dlrun.console.text import clean
    from dlrun.files import json_text
    from dlrun.report.write import write_report
    from dlrun.run_dir import RunDir

    file = write_report(RunDir.find(run, runs_dir), output, trust=trust)
    print(json_text({"file": str(file)}) if as_json else f"{clean(str(file))}\n", end="")
