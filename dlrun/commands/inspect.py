"""`dlrun inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import AsJson, Config, Overrides


def inspect(
    config: Config,
    overrides: Overrides = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Draw the series there, as PNG.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at the series of CONFIG before training: a target over time.

    \b
    dlrun inspect configs/bike_sharing.yaml
    dlrun inspect configs/bike_sharing.yaml -o look      draws the series, its ACF and PACF into look/

    Told are the clock and its step, gaps and duplicates, season and trend and how strong they are, whether the series
    is stationary by the ADF and KPSS tests, and what that means. Where no season is told, and the clock suggests none,
    it is looked for in the values.
    """
    from dlrun.config import load_config
    from dlrun.console.inspection import inspection_document, show_inspection
    from dlrun.files import json_text
    from dlrun.training.inspect import inspect as look

    found = look(load_config(config, overrides or ()))
    files = _draw(found, output) if output is not None else []
    if as_json:
        print(json_text({**inspection_document(found), "files": files}), end="")
    else:
        show_inspection(found, files)


def _draw(found: object, folder: Path) -> list[str]:
    from dlrun.files import write_output
    from dlrun.plots.look import draw_look
    from dlrun.plots.style import styled
    from dlrun.plots.write import render, safe_name
    from dlrun.training.inspect import Inspection

    assert isinstance(found, Inspection)
    files = []
    with styled():
        for item in found.looks:
            name = " ".join(filter(None, (item.target, item.name)))
            look = item.look
            figure = draw_look(name, item.times, item.values, look.acf, look.pacf, look.season)
            file = folder / f"{safe_name(name)}.png"
            write_output(file, render(figure, ("png",))["png"])
            files.append(str(file))
    return files
