"""`dlrun diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, RunsDir, Trust

if TYPE_CHECKING:
    from pathlib import Path

    from dlrun.config import Config

Side = Annotated[str, typer.Argument(metavar="CONFIG|RUN", help="A YAML file, or a run's folder or name.")]


def diff(
    first: Side, second: Side, runs_dir: RunsDir = RUNS_DIR, trust: Trust = False, as_json: AsJson = False
) -> None:
    """Tell what differs between two configs, or the configs of two runs, key by key.

    \b
    dlrun diff configs/boston_8_1.yaml configs/boston_8_4_1.yaml
    dlrun diff boston_8_1-001 boston_8_1-002
    dlrun diff configs/boston_8_1.yaml wide      what was changed for this run
    dlrun diff configs/iris_8_3.yaml configs/iris_8_8_3.yaml --json

    What `extends`, `vars` and changes on the command line amount to is compared, not the text. Where one says nothing,
    its default stands there. Layers are laid beside each other as they fit best, so a layer more is one line.
    """
    from dataclasses import asdict

    from dlrun.config.diff import diff_configs
    from dlrun.console.config_diff import show_diff
    from dlrun.files import json_text

    changes = diff_configs(*(_config(which, runs_dir, trust) for which in (first, second)))
    if as_json:
        print(json_text([asdict(change) for change in changes]), end="")
    else:
        show_diff(first, second, changes)


def _config(which: str, runs_dir: Path, trust: bool) -> Config:
    from pathlib import Path

    from dlrun.config import load_config
    from dlrun.config.resolved import load_resolved
    from dlrun.run_dir import RunDir

    if Path(which).suffix.lower() in (".yaml", ".yml"):
        return load_config(which, trust=trust)
    run = RunDir.find(which, runs_dir)
    run.verify(run.resolved)
    return load_resolved(run.resolved, trust=trust)
