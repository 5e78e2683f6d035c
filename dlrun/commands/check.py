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

    Every problem is listed at once, with its line and how to mend it. A warning tells of features that add up to the
    target. Nothing is written.
    """
    from dataclasses import asdict

    from dlrun.commands.table_columns import table_columns
    from dlrun.config import load_config
    from dlrun.console.text import clean
    from dlrun.data.leaks_in_text import sums_in_text
    from dlrun.files import json_text
    from dlrun.training.track import check_tracking

    resolved = load_config(config, overrides or (), trust=trust, columns_of=table_columns)
    check_tracking(resolved, trust)
    tried = None
    notes = [] if build else [*resolved.notes, *sums_in_text(resolved)]
    for note in () if as_json else notes:
        print(f"note: {clean(note)}")
    if build:
        from dlrun.console.network import show_check
        from dlrun.training.check import check_build

        tried = check_build(resolved, trust=trust)
    if as_json:
        found = asdict(tried) if tried else {"notes": notes}
        print(json_text({"config": str(config), "problems": [], **found}), end="")
        return
    if tried:
        show_check(tried)
    print(f"{clean(config)}: no problem found")
