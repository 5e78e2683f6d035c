"""Predictions for new rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.errors import ConfigError, Problem
from dlrun.training.examples import Examples
from dlrun.training.results import answers_of, prediction_frame
from dlrun.training.rows import unlabelled_examples
from dlrun.training.windows import WindowExamples, window_examples

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.data.series import SeriesPart
    from dlrun.data.table import Table
    from dlrun.training.run import Run


def predict(
    run: Run, rows: pd.DataFrame | str | Path | Sequence[str | Path], *, threshold: float | None = None
) -> pd.DataFrame:
    """Return the run's predictions for the rows of files, or of a frame with their columns.

    Args:
        run: The run.
        rows: A frame as the files hold it, a file, or several. Columns may stand in any order, further ones do no
            harm, and the target may be missing.
        threshold: The probability, 0 to 1, from which a binary row counts as positive; default: the run's.

    Returns:
        row, time (if the config names one), the target where it is known, `<target>_predicted`, and for classes a
        probability for each label; numbers in the target's own units.

    Raises:
        ConfigError: If there is a threshold, and it is no probability, or nothing that it could cut.
        DataError: If the rows cannot be read, or a column is missing.
    """
    if threshold is not None:
        _check_threshold(run, threshold)
    new = load_new(run, rows, need_target=False)
    answers = answers_of(run.preprocessor, run.forward, _inputs(run, new))
    cut = run.threshold if threshold is None else threshold
    return prediction_frame(run.config, run.preprocessor, _without_gaps(run, new), answers, threshold=cut)


def _check_threshold(run: Run, threshold: float) -> None:
    from dlrun.config.heads import heads_of
    from dlrun.evaluation.outputs import gives_probabilities

    if not 0 <= threshold <= 1:
        fix = "It is a probability: write a number from 0 to 1."
        raise ConfigError(Problem(f"a threshold of {threshold:g} cuts nothing", fix, "--threshold"))
    if not any(head.task == "binary" and gives_probabilities(head) for head in heads_of(run.config)):
        what = f"{run.dir.name} tells no probability of a positive class that a threshold could cut"
        raise ConfigError(Problem(what, "", "--threshold"))


def load_new(
    run: Run, rows: pd.DataFrame | str | Path | Sequence[str | Path], *, need_target: bool
) -> Table | SeriesPart:
    """Return new rows after `read` and `prepare`; with a window the examples that they make."""
    import pandas as pd

    from dlrun.data.load import load_new_series, load_new_table

    if isinstance(rows, (str, Path)):
        rows = [rows]
    sources = rows if isinstance(rows, pd.DataFrame) else [str(path) for path in rows]
    features = run.preprocessor.features
    if run.config.preprocessing.window is not None:
        return load_new_series(sources, run.config, need_target=need_target, features=features)
    return load_new_table(sources, run.config, need_target=need_target, features=features)


def _inputs(run: Run, new: Table | SeriesPart) -> Examples | WindowExamples:
    from dlrun.data.table import Table

    if isinstance(new, Table):
        return unlabelled_examples(run.preprocessor, new)
    return window_examples(run.preprocessor, new, labels=False)


def _without_gaps(run: Run, new: Table | SeriesPart) -> Table | SeriesPart:
    """Return the rows without target columns in which labels are missing: there is nothing to show beside."""
    from dataclasses import replace

    from dlrun.data.table import Table

    table = new if isinstance(new, Table) else new.series.table
    gaps = [t for head in run.preprocessor.targets.heads for t in head.targets if t in table.frame]
    table = replace(table, frame=table.frame.drop(columns=[t for t in gaps if table.frame[t].isna().any()]))
    return table if isinstance(new, Table) else replace(new, series=replace(new.series, table=table))
