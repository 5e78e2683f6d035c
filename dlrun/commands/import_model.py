"""`dlrun import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import AsJson


def import_model(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A .keras file, or a model's JSON.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the config here; default: print it."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over FILE if it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a Keras model into a config.

    \b
    dlrun import model.keras                     print the config
    dlrun import model.keras -o configs/m.yaml   write it; then: dlrun summary configs/m.yaml
    dlrun import model.json                      what model.to_json() gave

    MODEL is read as data: nothing in it is run, and Keras is not even imported. Defaults are left out, repeated
    layers become `repeat` or `blocks`. How the model was compiled is taken over, its weights are not: a config says
    how a network is made. What a config cannot say (a Lambda layer, a class without its code) is told.
    """
    import sys
    from dataclasses import asdict

    from dlrun.console.text import clean
    from dlrun.errors import ConfigError, Problem
    from dlrun.files import json_text, write_output
    from dlrun.model.from_keras.config_text import config_text
    from dlrun.model.from_keras.read_file import read_model_file

    if output is not None and output.exists() and not force:
        raise ConfigError(Problem(f"{output} is there already", "Give another name, or --force."))
    found = config_text(read_model_file(model), output or Path(f"{model.stem}.yaml"), model)
    if output is not None:
        write_output(output, found.text.encode("utf-8"))
    if as_json:
        print(json_text({"config": found.text, **{k: v for k, v in asdict(found).items() if k != "text"}}), end="")
        return
    if output is None:
        print(found.text, end="")
        return
    for note in found.notes:
        print(f"note: {clean(note)}", file=sys.stderr)
    print(f"{clean(output)}: {len(found.layers)} layers in {len(found.text.splitlines())} lines")
    print(f"go on with: dlrun summary {clean(output)}")
