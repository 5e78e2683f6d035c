"""`dlrun plot`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, RunsDir, Trust


def plot(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Runs' folders or names; default: the latest.", show_default=False),
    ] = None,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Draw a run's plots, or several runs over one another.

    \b
    dlrun plot                                  the latest run
    dlrun plot boston_8_1-001
    dlrun plot boston_8_1-001 boston_8_4_1-001  both in one picture

    Learning curves with the best epoch marked; predicted against actual values and residuals for numbers; confusion
    matrix, ROC and precision-recall curves for classes. Each plot is written as PNG and SVG into the run's folder
    plots/; several runs' common plots go to the first one's. What is printed are the files.
    """
    from dlrun.commands.run_code import load_run_code
    from dlrun.console.text import clean
    from dlrun.files import json_text
    from dlrun.plots.write import write_plots
    from dlrun.run_dir import RunDir

    found = [RunDir.find(run, runs_dir) for run in runs or ()] or [RunDir.find(None, runs_dir)]
    if trust:
        for run in found:
            load_run_code(run)
    files = [str(file) for file in write_plots(found)]
    print(json_text({"files": files}) if as_json else "".join(f"{clean(file)}\n" for file in files), end="")
