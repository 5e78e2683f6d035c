"""`dlrun train`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, ConfigsAndChanges, Jobs, MoreEpochs, RunsDir, Trust

if TYPE_CHECKING:
    from dlrun.training.progress import Progress
    from dlrun.training.run import Run


def train(
    arguments: ConfigsAndChanges,
    runs_dir: RunsDir = RUNS_DIR,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The run's name; default: the config's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed than the config's.", show_default=False)] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the newest run of this name, or with several, if unfinished.")
    ] = False,
    more_epochs: MoreEpochs = 0,
    seeds: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Train N times: with the seed, the next one, ...", show_default=False),
    ] = None,
    jobs: Jobs = None,
    trust: Trust = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the runs' folders.")] = False,
) -> None:
    """Train the model of CONFIG, or of several, and keep everything in a run folder.

    \b
    dlrun train configs/iris_8_3.yaml
    dlrun train configs/iris_8_3.yaml fit.epochs=200 compile.optimizer.Adam.learning_rate=1e-3
    dlrun train configs/iris_8_3.yaml layers.0.Dense.units=32 --name wide --seed 1
    dlrun train configs/pima_early_stopping.yaml ~callbacks
    dlrun train configs/iris_8_3.yaml --seeds 5
    dlrun train configs/iris_8_3.yaml configs/iris_8_8_3.yaml fit.epochs=100
    dlrun train configs/iris_8_3.yaml --resume
    dlrun train configs/iris_8_3.yaml --more-epochs 20

    The config is checked first; if anything is wrong, every problem is listed with its line, and nothing is
    started. Afterwards runs/NAME-001 (002, ...) holds the config as given and as resolved, the history, the
    model, metrics.json, predictions.csv and the plots. A run that was stopped or killed goes on with `dlrun resume`, or
    with --resume here, to the same result; --more-epochs trains the newest run of this name further.

    Several runs go on at the same time, and one that fails does not stop the others. --seeds N trains N times, with the
    config's seed, the one after it, and so on; the table at the end has mean, standard deviation and the 95 % interval
    of the mean. Without data.split.seed every seed also cuts its own training and test rows. The exit code is the
    highest of the runs'. Where they were stopped or killed, the same command with --resume counts those that are
    finished, completes those that are not, and begins those that lack.
    """
    from dlrun.commands.several_runs import configs_and_changes, load_several, train_and_show
    from dlrun.commands.table_columns import table_columns
    from dlrun.config import load_config
    from dlrun.errors import ConfigError, Problem
    from dlrun.training.resume import resume_or_train
    from dlrun.training.train import train as train_run

    files, changes = configs_and_changes(arguments)
    changes += [f"name={json.dumps(name)}"] if name is not None else []
    changes += [f"seed={seed}"] if seed is not None else []
    if len(files) > 1 or seeds is not None:
        if more_epochs:
            what = "--more-epochs goes on with one run, so it needs one config and no --seeds"
            raise ConfigError(Problem(what, "Name the run: dlrun resume RUN --more-epochs N."))
        several = load_several(files, seeds, changes, trust)
        train_and_show(several, runs_dir=runs_dir, jobs=jobs, trust=trust, resume=resume, as_json=as_json, quiet=quiet)
        return
    resolved = load_config(files[0], changes, trust=trust, columns_of=table_columns)

    def begin(progress: Progress) -> Run:
        if resume or more_epochs:
            return resume_or_train(resolved, runs_dir=runs_dir, progress=progress, trust=trust, more_epochs=more_epochs)
        return train_run(resolved, runs_dir=runs_dir, progress=progress, trust=trust)

    view_run(begin, as_json, quiet)


def view_run(begin: Callable[[Progress], Run], as_json: bool, quiet: bool) -> None:
    """Let training run under the view that suits the options, and show what came of it.

    Args:
        begin: Trains; hears how it is shown.
        as_json: Print one JSON document and nothing else.
        quiet: Print nothing but the run's folder.
    """
    from dlrun.console.progress import training_view
    from dlrun.console.quiet import QuietView
    from dlrun.console.results import show_result
    from dlrun.files import json_text
    from dlrun.training.diagnose import quick_diagnosis

    if as_json or quiet:
        run = begin(QuietView())
        results = run.metrics if run.dir.state == "finished" else {"state": run.dir.state}
        print(json_text({"run": str(run.dir.path), **results}) if as_json else f"{run.dir.path}\n", end="")
        return
    with training_view() as view:
        run = begin(view)
    if run.dir.state == "finished":
        show_result(run.dir, run.metrics, quick_diagnosis(run))
