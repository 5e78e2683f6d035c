"""`dlrun explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import AsJson, Code


def explain(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="What to explain; default: list every name.", show_default=False),
    ] = None,
    code: Code = None,
    as_json: AsJson = False,
) -> None:
    """Explain NAME: anything of Keras's, one of its arguments, a step, or a key of a config.

    \b
    dlrun explain Dense                   a layer: what it does, its arguments, how it is written
    dlrun explain EarlyStopping.monitor   one argument
    dlrun explain min_max                 a preprocessing step
    dlrun explain fit.batch_size          a key of a config
    dlrun explain Mine --code mine.py     a class of your own

    Keras's own documentation, of the version that is installed, with the example as YAML.
    """
    from dataclasses import asdict

    from dlrun.config.own import names_of_existing
    from dlrun.config.reference import explanations, listing
    from dlrun.console.explanation import show_explanation, show_listing
    from dlrun.files import json_text

    own = names_of_existing(code or ())
    if name is None:
        names = listing(own)
        if as_json:
            print(json_text(names), end="")
        else:
            show_listing(names)
        return
    found = explanations(name, own)
    if as_json:
        print(json_text([asdict(one) for one in found]), end="")
        return
    for one in found:
        show_explanation(one)
