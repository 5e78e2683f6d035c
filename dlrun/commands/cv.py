"""`dlrun cv`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, ConfigsAndChanges, Jobs, RunsDir, Trust


def cv(
    arguments: ConfigsAndChanges,
    folds: Annotated[int, typer.Option("--folds", "-k", metavar="K", min=2, help="How many folds.")] = 5,
    repeats: Annotated[int, typer.Option(metavar="N", min=1, help="Shuffle the rows anew so many times.")] = 1,
    runs_dir: RunsDir = RUNS_DIR,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on where folds were stopped: finish those begun, begin those that lack."),
    ] = False,
    jobs: Jobs = None,
    trust: Trust = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the runs' folders.")] = False,
) -> None:
    """Cross-validate CONFIG: train once for each fold, and say what the scores amount to.

    \b
    dlrun cv configs/iris_8_3.yaml
    dlrun cv configs/boston_8_1.yaml --folds 10 --repeats 3
    dlrun cv configs/titanic.yaml data.split.group=Ticket
    dlrun cv configs/temperature_rnn.yaml --folds 3 data.split.max_train_size=100
    dlrun cv configs/boston_8_1.yaml --folds 10 --repeats 3 --resume

    The folds are scikit-learn's: StratifiedKFold for classes, KFold for numbers, both shuffled with the split's seed;
    GroupKFold with data.split.group; walk-forward where rows are in order of time (data.split.time, shuffle: false, or
    a window): each fold then trains on the rows before it, on the latest data.split.max_train_size of them if that is
    given, and is judged on data.split.test rows, or an equal share. data.split.stratify=false takes KFold for classes.

    Scaling, encoding and whatever else is learned is learned anew in each fold, from its own training rows. Every fold
    is a run like any other, named NAME-cv-001, ..., with data.split.folds and data.split.fold in its config. Mean,
    standard deviation and the 95 % interval of the mean stand below the scores of the folds.
    """
    from functools import partial

    from dlrun.commands.several_runs import configs_and_changes, train_and_show
    from dlrun.commands.table_columns import table_columns
    from dlrun.training.folds import with_folds
    from dlrun.training.seeds import gathered

    files, changes = configs_and_changes(arguments, "cv")
    load = partial(with_folds, folds=folds, overrides=changes, repeats=repeats, trust=trust, columns_of=table_columns)
    configs = [config for found in gathered(partial(load, file) for file in files) for config in found]
    train_and_show(configs, runs_dir=runs_dir, jobs=jobs, trust=trust, resume=resume, as_json=as_json, quiet=quiet)
