"""`dlrun tag`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, RunsDir


def tag(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder or name.")],
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="TAG|~TAG", help="Tags to give it; ~TAG takes one away.")
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", "-m", metavar="TEXT", help="What you want to remember of it; '' forgets it.")
    ] = None,
    runs_dir: RunsDir = RUNS_DIR,
    as_json: AsJson = False,
) -> None:
    """Give a run tags and a note, to find it again.

    \b
    dlrun tag boston_8_1-003 baseline good
    dlrun tag boston_8_1-003 ~good
    dlrun tag boston_8_1-003 -m "before the new columns"
    dlrun ls tags=baseline

    Without tags and note it prints those that the run has.
    """
    from dlrun.console.text import clean
    from dlrun.files import json_text
    from dlrun.run_dir import RunDir
    from dlrun.run_remarks import remark

    found = remark(RunDir.find(run, runs_dir), tags or (), note)
    if as_json:
        print(json_text(found), end="")
    else:
        print(clean(f"{found['name']}: {', '.join(found['tags']) or 'no tags'}"))
        if found["note"]:
            print(clean(found["note"]))
