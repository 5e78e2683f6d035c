"""`dlrun forecast`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, Run, RunsDir, Trust


def forecast(
    run: Run = None,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many; default: window.horizon.", show_default=False)
    ] = None,
    from_: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="FILE", help="Go on from the end of these rows instead.", show_default=False),
    ] = None,
    intervals: Annotated[
        str, typer.Option(metavar="KIND", help="residuals of the validation rows, or dropout: forecasts with it on.")
    ] = "residuals",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write a csv file; default: stdout.", show_default=False),
    ] = None,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Forecast the values after the end of the data, by a run with a window.

    \b
    dlrun forecast                                   the next values after the run's own data
    dlrun forecast temperature_lstm --steps 26       26 of them
    dlrun forecast --from today.csv -o next.csv      after the last row of a file
    dlrun forecast --intervals dropout               how unsure the network itself is (Monte-Carlo dropout)

    Up to window.horizon the network answers directly; beyond it, its answers become its inputs, for a network that
    sees nothing but the target's own past. Each value has a time, and an interval that holds 90 of 100 residuals of
    the validation rows, of the same series; or 90 of 100 forecasts with dropout on. A plot goes to the run's folder
    plots/.
    """
    from dlrun.console.text import clean, count, safe_lines
    from dlrun.files import json_text, write_output
    from dlrun.plots.ahead import draw_ahead
    from dlrun.plots.write import write_figures
    from dlrun.spreadsheet import csv_of
    from dlrun.training.forecast import forecast as look_ahead
    from dlrun.training.run import load_run

    loaded = load_run(run, runs_dir=runs_dir, trust=trust)
    found = look_ahead(loaded, steps=steps, sources=from_ or None, intervals=intervals)
    draw = {t: lambda t=t: draw_ahead(found.frame, t, found.past, loaded.dir.name, intervals) for t in found.targets}
    files = write_figures(loaded.dir, "forecast_ahead", draw)
    for note in (*found.notes, *(f"plot: {file}" for file in files if file.suffix == ".png")):
        print(clean(note), file=sys.stderr)
    if as_json:
        print(json_text(found.frame.to_dict("records")), end="")
    elif output is None:
        print(safe_lines(csv_of(found.frame)), end="")
    else:
        write_output(output, csv_of(found.frame).encode("utf-8"))
        print(clean(f"{count(len(found.frame), 'value')} by {loaded.dir.path.name} in {output}"))
