"""`dlrun show`."""

from __future__ import annotations

from dlrun.commands.options import RUNS_DIR, AsJson, Run, RunsDir


def show(run: Run = None, runs_dir: RunsDir = RUNS_DIR, as_json: AsJson = False) -> None:
    """Show a run: state, scores, files, config.

    \b
    dlrun show
    dlrun show iris_8_3-001 --json
    """
    from dlrun.console.run_page import LARGEST_CONFIG, files_of, show_run
    from dlrun.files import json_text
    from dlrun.run_dir import RunDir
    from dlrun.run_facts import facts_of

    found = RunDir.find(run, runs_dir)
    if as_json:
        document = {**facts_of(found), "files": files_of(found), "changed": found.damaged()}
        document["config"] = found.read_text(found.config, LARGEST_CONFIG)
        print(json_text(document), end="")
    else:
        show_run(found)
