"""`dlrun check`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import AsJson, Config, Overrides, Trust


def check(
    config: Config,
    overrides: Overrides = None,
    build: Annotated[bool, typer.Option("--build", help="Also read the data, build the model, fit one batch.")] = False,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Look for mistakes in CONFIG without training.

    \b
    dlrun check configs/titanic.yaml           half a second: keys, values, layers, columns
    dlrun check configs/titanic.yaml --build   some seconds: reads the data, builds the model, fits one batch

    Every problem is listed at once, with its line and how to mend it. Nothing is written.
    """
    from dlrun.config import load_config
    from dlrun.data.columns import columns_of

    resolved = load_config(config, overrides or (), trust=trust, columns_of=columns_of)
    if build:
        from dlrun.console.build_page import show_build
        from dlrun.training.check import check_build

        show_build(check_build(resolved, trust=trust), as_json)
    elif as_json:
        print('{"problems": []}')
    else:
        print(f"{config}: no problem found")
