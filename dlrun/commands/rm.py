"""`dlrun rm`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, RunsDir


def rm(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Runs' folders, or full names with their number.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    runs_dir: RunsDir = RUNS_DIR,
    as_json: AsJson = False,
) -> None:
    """Delete runs, for good; what is going to be deleted is shown first, and you are asked.

    \b
    dlrun rm boston_8_1-003
    dlrun rm boston_8_1-003 boston_8_1-004 --yes

    A run that is being trained is not deleted, and neither is one that is named without its number.
    """
    import sys
    from pathlib import Path

    from dlrun.console.run_list import show_runs
    from dlrun.console.text import count
    from dlrun.errors import ConfigError, Problem
    from dlrun.files import json_text
    from dlrun.run_dir import RunDir
    from dlrun.run_facts import facts_of
    from dlrun.run_remarks import delete

    found = [RunDir.find(which, runs_dir) for which in dict.fromkeys(runs)]
    vague = [
        (which, run) for which, run in zip(dict.fromkeys(runs), found, strict=True) if Path(which).name != run.name
    ]
    if vague:
        raise ConfigError(*(Problem(f"'{w}' is no run's full name", f"Did you mean '{r.name}'?") for w, r in vague))
    if as_json and not yes:
        raise ConfigError(Problem("--json asks nothing", "Give --yes, too."))
    if not yes:
        show_runs([facts_of(run) for run in found], runs_dir)
        try:
            wanted = typer.confirm(f"Delete {count(len(found), 'run')} for good?")
        except typer.Abort as abort:
            if sys.stdin.isatty():  # Ctrl-C, or Ctrl-D
                raise KeyboardInterrupt from abort
            print()
            raise ConfigError(Problem("nobody answers, and nothing was deleted", "Give --yes.")) from abort
        if not wanted:
            print("nothing was deleted")
            return
    for run in found:
        delete(run)
    if as_json:
        print(json_text({"deleted": [str(run.path) for run in found]}), end="")
    else:
        print(f"{count(len(found), 'run')} deleted")
