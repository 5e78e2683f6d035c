"""What is said of cells that are missing, infinite, or have no number as a result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlrun.errors import Problem
from dlrun.preprocessing.columns import row_text
from dlrun.preprocessing.step import Array, is_missing

_FILL = "Add an impute step to its preprocessing, or leave such rows out with prepare: drop_missing."


def missing_problems(names: Sequence[str], x: Array, rows: Array | None = None) -> list[Problem]:
    """Return a problem for each column of `x` that has missing values which no step fills."""
    problems = []
    gone = _by_column(is_missing(x), names)
    for i in np.flatnonzero(gone.any(axis=0)).tolist():
        count = int(gone[:, i].sum())
        value = "1 missing value" if count == 1 else f"{count} missing values"
        value = value if _is_matrix(x, names) else f"{count} rows with missing values"
        first = row_text(int(gone[:, i].argmax()), rows)
        them, where = ("it", f"in {first}") if count == 1 else ("them", f"the first in {first}")
        what = f"{value} in {len(gone)} rows ({where}), and no step fills {them}"
        problems.append(Problem(what, _FILL, f"column '{names[i]}'"))
    return problems


def infinite_problems(names: Sequence[str], x: Array, rows: Array | None = None) -> list[Problem]:
    """Return a problem for each column of `x` that holds an infinite value."""
    if x.dtype.kind != "f":
        return []
    infinite = _by_column(np.isinf(x), names)
    return [
        Problem(f"an infinite value in {row_text(int(infinite[:, i].argmax()), rows)}", "", f"column '{names[i]}'")
        for i in np.flatnonzero(infinite.any(axis=0)).tolist()
    ]


def valueless_problems(names: Sequence[str], x: Array) -> list[Problem]:
    """Return a problem for each column of `x` without any value."""
    fix = "Drop the column, or fill it: {impute: {constant: 0}}."
    missing = is_missing(x)
    empty = [i for i in range(len(names)) if (missing[:, i] if _is_matrix(x, names) else missing).all()]
    return [Problem("no value in any training row", fix, f"column '{names[i]}'") for i in empty]


def numberless_problems(
    names: Sequence[str], raw: Array, out: Array, owners: Sequence[str], steps: Sequence[str], rows: Array | None
) -> list[Problem]:
    """Return what is wrong with cells of `raw` of which the steps made no finite number in `out`."""
    known = missing_problems(names, raw, rows) + infinite_problems(names, raw, rows)
    said = {problem.where for problem in known}
    bad: Array = ~np.isfinite(out)
    for i, name in enumerate(names):
        mine = bad[:, [owner == name for owner in owners]] if out.ndim == 2 else bad
        rows_hit = np.flatnonzero(mine.reshape(len(out), -1).any(axis=1))
        if len(rows_hit) and f"column '{name}'" not in said:
            cell = f"{raw[rows_hit[0], i]:g}" if _is_matrix(raw, names) and raw.dtype.kind == "f" else "a value"
            by = f"by {', '.join(steps)}" if steps else "in float32"
            what = f"no finite number comes of {cell} in {row_text(int(rows_hit[0]), rows)} {by}"
            known.append(Problem(what, "", f"column '{name}'"))
    return known


def _is_matrix(x: Array, names: Sequence[str]) -> bool:
    """Tell whether the second axis of `x` are the columns `names`, and not what one column's rows consist of."""
    return x.ndim == 2 and x.shape[1] == len(names)


def _by_column(mask: Array, names: Sequence[str]) -> Array:
    """Return `(num_rows, num_columns)`; a column with several axes is one column."""
    return mask if _is_matrix(mask, names) else np.any(mask.reshape(len(mask), -1), axis=1, keepdims=True)
