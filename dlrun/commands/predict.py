"""`dlrun predict`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, RunsDir, Trust


def predict(
    run_and_files: Annotated[
        list[str], typer.Argument(metavar="[RUN] FILE", help="The run (default: the latest), then the data files.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write a csv file; default: stdout.", show_default=False),
    ] = None,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="P",
            min=0.0,
            max=1.0,
            help="Call a row positive from this probability on; default: the config's.",
            show_default=False,
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Leave text that a spreadsheet would take for a formula as it is.")
    ] = False,
) -> None:
    """Predict the target for the rows of new files.

    \b
    dlrun predict new.csv                           by the latest run, to the screen
    dlrun predict iris_8_3-001 new.csv -o labels.csv
    dlrun predict runs/iris_8_3-001 january.csv february.csv
    dlrun predict digits_images-001 photos/ more/a.png  images: a folder, or files
    dlrun predict titanic new.csv --threshold 0.36  as `dlrun evaluate --best-threshold f1` has found

    The first argument is a run unless it ends like a data file (.csv, .parquet, ...) or is a folder without a run
    in it. The files need the columns that the model was trained on, in any order; the target may be missing, and
    further columns do no harm. Predictions come in the target's own unit; for classes as labels, with the
    probability of each. Text that a spreadsheet would compute (=, +, - or @ at its beginning) stands behind an
    apostrophe; --raw leaves it as it is.
    """
    from dlrun.console.text import clean, count, safe_lines
    from dlrun.errors import ConfigError, Problem
    from dlrun.files import is_url, json_text, write_output
    from dlrun.spreadsheet import csv_pieces
    from dlrun.training.predict import predict as predict_rows
    from dlrun.training.run import load_run
    from dlrun.training.unseen import unseen_sentences

    run, files = _run_and_files(run_and_files)
    if output is not None and is_url(output):
        raise ConfigError(Problem(f"predictions are written to local files, not to URLs: {output}"))
    loaded = load_run(run, runs_dir=runs_dir, trust=trust)
    predictions = predict_rows(loaded, files, threshold=threshold)
    for sentence in unseen_sentences(loaded.preprocessor.unseen, "new rows"):
        print(f"note: {clean(sentence)}", file=sys.stderr)
    if as_json:
        print(json_text(predictions.to_dict("records")), end="")
    elif output is None:
        for piece in csv_pieces(predictions, raw=raw):
            print(safe_lines(piece.decode("utf-8")), end="")
    else:
        write_output(output, csv_pieces(predictions, raw=raw))
        print(clean(f"{count(len(predictions), 'prediction')} by {loaded.dir.path.name} in {output}"))


def _run_and_files(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Tell the run from the files: only what ends like a data file, or is a folder without a run, is data."""
    from dlrun.errors import ConfigError, Problem

    first, rest = arguments[0], arguments[1:]
    if _is_data(first):
        return None, arguments
    if not rest:
        raise ConfigError(
            Problem(f"'{first}' is a run, and no data file follows it", f"Write dlrun predict {first} FILE.")
        )
    return first, rest


def _is_data(argument: str) -> bool:
    from dlrun.catalog import SOURCES

    path = Path(argument)
    if path.is_dir():
        return not (path / "run.json").is_file()
    return path.suffix.lower() in SOURCES or path.is_file()
