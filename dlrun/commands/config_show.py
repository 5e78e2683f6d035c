"""`dlrun config show`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dlrun.commands.options import AsJson, Config, Overrides, Trust


def config_show(
    config: Config,
    overrides: Overrides = None,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value was written.")] = False,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Print what CONFIG amounts to.

    \b
    dlrun config show configs/iris_8_8_3.yaml
    dlrun config show configs/iris_8_8_3.yaml --origin
    dlrun config show configs/iris_8_8_3.yaml fit.epochs=5 > resolved.yaml

    `extends`, `vars`, `repeat` and overrides are applied. What is printed is a config itself and trains the same
    model. With --origin a comment behind each value says in which file and line it was written.
    """
    from dlrun.config import load_config
    from dlrun.console.config_page import origins_of, with_origins
    from dlrun.console.text import clean, safe_lines
    from dlrun.files import json_text

    resolved = load_config(config, overrides or (), trust=trust)
    if as_json:
        keys = ("path", "value", "origin")
        document = [dict(zip(keys, found, strict=True)) for found in origins_of(resolved)]
        print(json_text({"config": resolved.to_yaml(), "values": document}), end="")
        return
    for note in resolved.notes:
        print(f"note: {clean(note)}", file=sys.stderr)
    print(safe_lines(with_origins(resolved) if origin else resolved.to_yaml()), end="")
