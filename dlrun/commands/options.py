"""Arguments and options that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The YAML file.", show_default=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE|~KEY",
        help="Change a value for this time (fit.epochs=5, layers.0.Dense.units=64), or take a key out (~callbacks).",
        show_default=False,
    ),
]
ConfigsAndChanges = Annotated[
    list[str],
    typer.Argument(
        metavar="CONFIG|KEY=VALUE|~KEY",
        help="YAML files, and changes for this time (fit.epochs=5, layers.0.Dense.units=64, ~callbacks takes it out).",
        show_default=False,
    ),
]
Code = Annotated[
    list[Path] | None,
    typer.Option(
        "--code", metavar="FILE", help="Names of this Python file too; it is read, not run.", show_default=False
    ),
]
Run = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="A run's folder or name; default: the latest.", show_default=False),
]
RunsDir = Annotated[Path, typer.Option("--runs-dir", metavar="DIR", help="Where the runs are kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Trust = Annotated[
    bool, typer.Option("--trust", help="Let the config's own `code:` files run, and `track:` send it elsewhere.")
]
MoreEpochs = Annotated[
    int, typer.Option("--more-epochs", metavar="N", min=0, help="Train so many epochs more.", show_default=False)
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", metavar="N", min=1, help="Runs at a time; default: one a core.", show_default=False),
]
Form = Annotated[str, typer.Option("--format", metavar="FORM", help="table, csv or markdown.")]
RUNS_DIR = Path("runs")
