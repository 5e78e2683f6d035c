"""`dlrun summary`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, Overrides, RunsDir, Trust


def summary(
    config_or_run: Annotated[
        str | None,
        typer.Argument(metavar="CONFIG|RUN", help="A YAML file or a run; default: the latest run.", show_default=False),
    ] = None,
    overrides: Overrides = None,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Show a network: layers, shapes, parameters, connections.

    \b
    dlrun summary configs/boston_two_inputs.yaml
    dlrun summary configs/iris_8_3.yaml layers.0.Dense.units=32
    dlrun summary boston_8_1-001

    Nothing is trained, and nothing is written.
    """
    from dlrun.config import load_config
    from dlrun.console.network import show_summary, summary_document
    from dlrun.files import json_text
    from dlrun.run_dir import RunDir
    from dlrun.training.summary import summarize

    path = Path(config_or_run) if config_or_run is not None else None
    is_config = path is not None and path.suffix.lower() in (".yaml", ".yml")
    file = path if path is not None and is_config else RunDir.find(config_or_run, runs_dir).resolved
    config = load_config(file, overrides or (), trust=trust, closed=not is_config)
    found = summarize(config, trust=trust)
    if as_json:
        print(json_text(summary_document(found)), end="")
    else:
        show_summary(found)
