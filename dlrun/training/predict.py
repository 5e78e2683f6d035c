"""Predictions for new rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.training.results import answers_of, prediction_frame
from dlrun.training.rows import inputs_of

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.data.table import Table
    from dlrun.training.run import Run


def predict(run: Run, rows: pd.DataFrame | str | Path | Sequence[str | Path]) -> pd.DataFrame:
    """Return the run's predictions for the rows of files, or of a frame with their columns.

    Args:
        run: The run.
        rows: A frame as the files hold it, a file, or several. Columns may stand in any order, further ones do no
            harm, and the target may be missing.

    Returns:
        row, time (if the config names one), the target where it is known, `<target>_predicted`, and for classes a
        probability for each label; numbers in the target's own units.

    Raises:
        DataError: If the rows cannot be read, or a column is missing.
    """
    table = load_new(run, rows, need_target=False)
    answers = answers_of(run.preprocessor, run.forward, inputs_of(run.preprocessor, table))
    return prediction_frame(run.config, run.preprocessor, _without_gaps(run, table), answers)


def load_new(run: Run, rows: pd.DataFrame | str | Path | Sequence[str | Path], *, need_target: bool) -> Table:
    """Return new rows after `read` and `prepare`."""
    import pandas as pd

    from dlrun.data.load import load_new_table

    if isinstance(rows, (str, Path)):
        rows = [rows]
    sources = rows if isinstance(rows, pd.DataFrame) else [str(path) for path in rows]
    return load_new_table(sources, run.config, need_target=need_target)


def _without_gaps(run: Run, table: Table) -> Table:
    """Return the table without target columns in which labels are missing: there is nothing to show beside."""
    from dataclasses import replace

    gaps = [t for head in run.preprocessor.targets.heads for t in head.targets if t in table.frame]
    return replace(table, frame=table.frame.drop(columns=[t for t in gaps if table.frame[t].isna().any()]))
