"""`dlrun evaluate`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, Run, RunsDir, Trust


def evaluate(
    run: Run = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data", metavar="FILE", help="Score these rows instead; they need the target.", show_default=False
        ),
    ] = None,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Score a finished run, beside a naive baseline.

    \b
    dlrun evaluate                          the latest run, on its own rows
    dlrun evaluate iris_8_3-001
    dlrun evaluate iris_8_3-001 --data new.csv
    dlrun evaluate --json > scores.json

    Training, validation and test rows are scored in the target's own unit: R2, RMSE, MAE and MAPE for numbers;
    accuracy, precision, recall, F1, ROC AUC and more for classes, with a report for every class and the confusion
    matrix. The naive baseline knows no features: it always says the mean, or the commonest class. A model that is
    no better has learned nothing, and dlrun says so. Nothing is written.
    """
    from dlrun.console.results import evaluation_document, show_evaluation
    from dlrun.files import json_text
    from dlrun.training.evaluate import evaluate as score
    from dlrun.training.run import load_run

    loaded = load_run(run, runs_dir=runs_dir, trust=trust)
    evaluation = score(loaded, data)
    if as_json:
        print(json_text(evaluation_document(loaded.dir, evaluation)), end="")
    else:
        show_evaluation(loaded.dir, evaluation)
