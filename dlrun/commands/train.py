"""`dlrun train`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, ConfigsAndChanges, RunsDir, Trust


def train(
    arguments: ConfigsAndChanges,
    runs_dir: RunsDir = RUNS_DIR,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The run's name; default: the config's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed than the config's.", show_default=False)] = None,
    seeds: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Train N times: with the seed, the next one, ...", show_default=False),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Runs at a time; default: one a core.", show_default=False),
    ] = None,
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

    The config is checked first; if anything is wrong, every problem is listed with its line, and nothing is
    started. Afterwards runs/NAME-001 (002, ...) holds the config as given and as resolved, the history, the
    model, metrics.json, predictions.csv and the plots.

    Several runs go on at the same time, and one that fails does not stop the others. --seeds N trains N times, with the
    config's seed, the one after it, and so on; the table at the end has mean, standard deviation and the 95 % interval
    of the mean. Without data.split.seed every seed also cuts its own training and test rows. The exit code is the
    highest of the runs'.
    """
    from dlrun.commands.several_runs import configs_and_changes, load_several, train_and_show
    from dlrun.commands.table_columns import table_columns
    from dlrun.config import load_config
    from dlrun.console.progress import training_view
    from dlrun.console.results import show_result
    from dlrun.files import json_text
    from dlrun.training.progress import SILENT
    from dlrun.training.train import train as train_run

    files, changes = configs_and_changes(arguments)
    changes += [f"name={json.dumps(name)}"] if name is not None else []
    changes += [f"seed={seed}"] if seed is not None else []
    if len(files) > 1 or seeds is not None:
        several = load_several(files, seeds, changes, trust)
        train_and_show(several, runs_dir=runs_dir, jobs=jobs, trust=trust, as_json=as_json, quiet=quiet)
        return
    resolved = load_config(files[0], changes, trust=trust, columns_of=table_columns)
    if as_json or quiet:
        run = train_run(resolved, runs_dir=runs_dir, progress=SILENT, trust=trust)
        print(json_text({"run": str(run.dir.path), **run.metrics}) if as_json else f"{run.dir.path}\n", end="")
        return
    with training_view() as view:
        run = train_run(resolved, runs_dir=runs_dir, progress=view, trust=trust)
    show_result(run.dir, run.metrics)
