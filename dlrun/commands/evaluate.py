"""`dlrun evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, Run, RunsDir, Trust

if TYPE_CHECKING:
    from dlrun.evaluation.threshold import Costs

Data = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="FILE", help="Score these rows instead; they need the target.", show_default=False),
]
BestThreshold = Annotated[
    str | None,
    typer.Option(
        "--best-threshold",
        metavar="METRIC",
        help="Choose the threshold on the validation rows: f1, balanced_accuracy, matthews_corrcoef, cost, ...",
        show_default=False,
    ),
]
Cost = Annotated[
    str | None,
    typer.Option(
        "--cost", metavar="FP:FN", help="What a false alarm and a missed positive row cost: 1:5.", show_default=False
    ),
]
Classes = Annotated[bool, typer.Option("--classes", help="Write the class reports into a file.")]
Calibration = Annotated[bool, typer.Option("--calibration", help="Do probabilities come true as often as they say?")]
Importance = Annotated[
    bool, typer.Option("--importance", help="Shuffle each input column: how much worse does the score become?")
]
Repeats = Annotated[
    int | None,
    typer.Option(
        "--repeats", metavar="N", min=1, max=1000, help="Shuffles of each column; default: 10.", show_default=False
    ),
]
Rows = Annotated[
    int | None,
    typer.Option(
        "--rows", metavar="N", min=2, help="Shuffle so many rows at most; default: 10,000.", show_default=False
    ),
]
Worst = Annotated[
    int | None,
    typer.Option(
        "--worst", metavar="N", min=1, max=10_000, help="The N worst predicted rows with their inputs.",
        show_default=False,
    ),
]  # fmt: skip
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by", metavar="COLUMN", help="Scores by the values of a column, a feature or not; may be given again.",
        show_default=False,
    ),
]  # fmt: skip
Bins = Annotated[
    int | None,
    typer.Option("--bins", metavar="N", min=2, max=20, help="Bins of a numeric --by column.", show_default=False),
]
Metric = Annotated[
    str | None,
    typer.Option(
        "--metric", metavar="NAME", help="The score of --importance and --by; default: rmse, or accuracy.",
        show_default=False,
    ),
]  # fmt: skip
Part = Annotated[
    str | None,
    typer.Option(
        "--part", metavar="PART", help="Look closely at train, validation or test; default: test.", show_default=False
    ),
]


def evaluate(
    run: Run = None,
    data: Data = None,
    best_threshold: BestThreshold = None,
    cost: Cost = None,
    calibration: Calibration = False,
    classes: Classes = False,
    importance: Importance = False,
    repeats: Repeats = None,
    rows: Rows = None,
    worst: Worst = None,
    by: By = None,
    bins: Bins = None,
    metric: Metric = None,
    part: Part = None,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Score a finished run beside a naive baseline, and look closely at its predictions.

    \b
    dlrun evaluate                          the latest run, on its own rows
    dlrun evaluate iris_8_3-001 --data new.csv
    dlrun evaluate --json > scores.json

    Training, validation and test rows are scored in the target's own unit: R2, RMSE, MAE and MAPE for numbers;
    accuracy, precision, recall, F1, ROC AUC and more for classes, with a report for every class and the confusion
    matrix. The naive baseline knows no features: it always says the mean, or the commonest class. A model that is
    no better has learned nothing, and dlrun says so. Nothing is written.

    \b
    dlrun evaluate titanic --best-threshold f1
    dlrun evaluate titanic --best-threshold cost --cost 1:5
    dlrun evaluate titanic --calibration --classes
    dlrun evaluate boston_8_1 --importance --repeats 30
    dlrun evaluate boston_8_1 --worst 10
    dlrun evaluate titanic --by Sex --by Age --metric roc_auc

    These look at the rows that count, the test rows. A table goes to the screen with what it means in words, and as
    csv into the run's folder evaluation/, with a figure in plots/. A threshold is always chosen on validation rows
    and only then scored on test rows; `evaluate: {best_threshold: f1}` in the config does it for every run. A column
    is shuffled as it comes, before scaling and encoding, so all that is made of it counts together; of a series
    whole windows are shuffled. Intervals hold with 95 %: those of scores tell what other rows would do (bootstrap),
    those of --importance what other shuffles would.
    """
    from dlrun.console.depth import DepthView, say_files, show_depth
    from dlrun.console.results import evaluation_document, show_cautions, show_evaluation
    from dlrun.console.terminal import say_whole
    from dlrun.files import json_text
    from dlrun.training.depth.wishes import Wishes, check_wishes
    from dlrun.training.evaluate import evaluate as score
    from dlrun.training.evaluate import evaluate_answers
    from dlrun.training.run import load_run

    wishes = Wishes(
        part, best_threshold, _costs(cost), classes, calibration, importance, repeats, metric, rows, worst,
        tuple(dict.fromkeys(by or ())), bins,
    )  # fmt: skip
    loaded = load_run(run, runs_dir=runs_dir, trust=trust)
    check_wishes(loaded.config, wishes, loaded.dir.name)
    if not wishes.is_any:
        evaluation = score(loaded, data)
        if as_json:
            print(json_text(evaluation_document(loaded, evaluation)), end="")
        else:
            show_evaluation(loaded.dir, evaluation)
        return
    from dlrun.training.depth.evaluate import depth_document, evaluate_in_depth
    from dlrun.training.depth.files import write_depth

    with DepthView(silent=as_json) as view:
        view.report(0, 1, "scoring the rows")
        evaluation, answers = evaluate_answers(loaded, data)
        found = evaluate_in_depth(loaded, evaluation, answers, wishes, view.report)
    if as_json:
        files = [str(file) for file in write_depth(loaded.dir, found)]
        document = evaluation_document(loaded, evaluation)
        print(json_text({**document, "depth": {**depth_document(found), "files": files}}), end="")
        return
    say_whole(loaded.dir.path)
    show_cautions(evaluation)
    show_depth(loaded.dir.name, found)
    say_files(write_depth(loaded.dir, found))


def _costs(text: str | None) -> Costs | None:
    """Return what `--cost 1:5` says."""
    if text is None:
        return None
    from dlrun.errors import ConfigError, Problem
    from dlrun.evaluation.threshold import Costs

    try:
        false_positive, false_negative = (float(part) for part in text.split(":"))
    except ValueError:
        false_positive = false_negative = -1.0
    if not (0 <= false_positive < 1e12 and 0 <= false_negative < 1e12 and false_positive + false_negative > 0):
        fix = "Write what a false alarm costs, a colon, and what a missed positive row costs: --cost 1:5."
        raise ConfigError(Problem(f"'{text}' does not tell two costs", fix, "--cost"))
    return Costs(false_positive, false_negative)
