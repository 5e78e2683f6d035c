"""What rows tell without any network: a feature that gives the target away, repeated rows, parts that differ.

The skill of a feature, or of all of them, is that of a decision tree or forest on rows that it has not seen
(cross-validation): R2 for numbers, `(accuracy - naive) / (1 - naive)` for classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

MOST_ROWS = 3000  # are looked at, drawn by a fixed seed
FEWEST_ROWS = 20
_MOST_FEATURES = 200
_FOLDS = 3
_FEWEST_OF_A_CLASS = 5


def telling_features(columns: Mapping[str, Array], y: Array, is_class: bool) -> list[tuple[str, float]]:
    """Return every feature with what it alone tells of the target, the most telling first.

    Args:
        columns: Feature to numbers or codes `(num_rows,)`.
        y: The target `(num_rows,)`.
        is_class: Whether it is a class.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    tree = (DecisionTreeClassifier if is_class else DecisionTreeRegressor)(min_samples_leaf=5, random_state=0)
    names = list(columns)[:_MOST_FEATURES]
    found = [(name, _skill(tree, columns[name][:, None], y, is_class)) for name in names]
    return sorted(found, key=lambda item: -item[1])


def learnable(x: Array, y: Array, is_class: bool) -> float:
    """Return what a random forest learns of the target from all features `(num_rows, num_features)`."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestClassifier if is_class else RandomForestRegressor
    return _skill(kind(n_estimators=50, min_samples_leaf=3, random_state=0, n_jobs=1), x, y, is_class)


def codes(frame: pd.DataFrame) -> dict[str, Array]:
    """Return columns as numbers: numbers as they are, the codes of anything else; what is missing is -1 or the mean."""
    import pandas as pd

    found = {}
    for name in frame:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            numbers = column.to_numpy(np.float64, na_value=np.nan)
            known = numbers[np.isfinite(numbers)]
            found[str(name)] = np.where(np.isfinite(numbers), numbers, known.mean() if len(known) else 0.0)
        else:
            found[str(name)] = pd.factorize(column.astype(str), sort=True)[0].astype(np.float64)
    return found


def repeated_rows(train: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    """Return by part how many rows stand among the training rows, too, with the same value in every column."""
    import pandas as pd

    known = pd.util.hash_pandas_object(train, index=False)
    return {
        part: int(pd.util.hash_pandas_object(frame[list(train)], index=False).isin(known).sum())
        for part, frame in others.items()
    }


def largest_shift(train: pd.DataFrame, other: pd.DataFrame) -> tuple[str, float] | None:
    """Return the column whose values differ most between two parts, with its p value times the number of columns.

    Kolmogorov-Smirnov for numbers, chi squared for what has few values (the test of Bonferroni takes the product).
    """
    import pandas as pd
    from scipy import stats

    found = []
    for name in list(train)[:_MOST_FEATURES]:
        a, b = train[name].dropna(), other[name].dropna()
        if len(a) < FEWEST_ROWS or len(b) < FEWEST_ROWS:
            continue
        values = pd.concat([a, b])
        if pd.api.types.is_numeric_dtype(values) and values.nunique() > 10:
            found.append((str(name), float(stats.ks_2samp(a.astype(float), b.astype(float)).pvalue)))
        elif 1 < values.nunique() <= 50:
            part = np.r_[np.zeros(len(a)), np.ones(len(b))]
            table = pd.crosstab(part, values.astype(str).to_numpy())
            found.append((str(name), float(stats.chi2_contingency(table).pvalue)))
    if not found:
        return None
    name, p = min(found, key=lambda item: item[1])
    return name, min(1.0, p * len(found))


def drawn(count: int) -> Array:
    """Return the positions of the rows that are looked at, in order."""
    if count <= MOST_ROWS:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, MOST_ROWS, replace=False))


def _skill(model: Any, x: Array, y: Array, is_class: bool) -> float:
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

    if is_class:
        values, counts = np.unique(y, return_counts=True)
        kept = np.isin(y, values[counts >= _FEWEST_OF_A_CLASS])
        x, y = x[kept], y[kept]
        if len(np.unique(y)) < 2:
            return 0.0
    folds = (StratifiedKFold if is_class else KFold)(_FOLDS, shuffle=True, random_state=0)
    answer = cross_val_predict(model, x, y, cv=folds)
    if not is_class:
        variance = float(np.var(y))
        return 1 - float(np.mean((answer - y) ** 2)) / variance if variance else 0.0
    naive = float(np.max(np.unique(y, return_counts=True)[1]) / len(y))
    return (float(np.mean(answer == y)) - naive) / (1 - naive)


def as_codes(values: Array) -> Array:
    """Return class labels as numbers from 0."""
    return np.unique(np.asarray(values).astype(str), return_inverse=True)[1]
