"""`dlrun ls`."""

from __future__ import annotations

from dlrun.commands.options import RUNS_DIR, AsJson, RunsDir


def ls(runs_dir: RunsDir = RUNS_DIR, as_json: AsJson = False) -> None:
    """List the runs with their results.

    \b
    dlrun ls
    dlrun ls --runs-dir elsewhere --json
    """
    from dlrun.console.run_list import facts_of, show_runs
    from dlrun.files import json_text
    from dlrun.run_dir import RunDir

    left_out = RunDir.left_out(runs_dir)
    facts = [facts_of(run) for run in RunDir.list(runs_dir)]
    if as_json:
        print(json_text(facts), end="")
    else:
        show_runs(facts, runs_dir, left_out)
