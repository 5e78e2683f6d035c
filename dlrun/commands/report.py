"""`dlrun report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, RunsDir, Trust


def report(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Runs' folders or names; default: the latest.", show_default=False),
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
    dlrun report                                  the latest run: runs/NAME/report.html
    dlrun report boston_8_1-001 -o boston.html
    dlrun report boston_8_1-001 boston_8_4_1-001  both side by side

    From top to bottom: the data (columns, distributions, split, what leaks), how they were prepared, the network as a
    picture, the learning curves, the scores with a naive baseline and each target looked at closely, and how to do it
    again. Charts can be zoomed. The page needs no network and loads nothing; it may be mailed as it is. Where the data
    have moved or changed since, their distributions are left out, and the page says so. What is printed is the file.
    """
    from dlrun.console.text import clean
    from dlrun.files import json_text
    from dlrun.report.write import write_report
    from dlrun.run_dir import RunDir

    found = [RunDir.find(run, runs_dir) for run in runs or ()] or [RunDir.find(None, runs_dir)]
    file = write_report(found[0], output, trust=trust)
    print(json_text({"file": str(file)}) if as_json else f"{clean(str(file))}\n", end="")
