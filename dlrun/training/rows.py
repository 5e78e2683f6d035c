"""From tables to examples: inputs, labels and weights as the network takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.memory import empty
from dlrun.lazy_rows import LazyRows, rows_at
from dlrun.training.examples import Array, Examples
from dlrun.training.windows import WindowExamples, training_windows, window_examples

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.data.series import SeriesPart
    from dlrun.data.table import Table
    from dlrun.preprocessing.preprocessor import Preprocessor


def row_numbers(table: Table) -> Array:
    """Return the rows' numbers in the files."""
    return np.asarray(table.frame.index.to_numpy())


def inputs_of(preprocessor: Preprocessor, table: Table) -> dict[str, Array]:
    """Return the network's inputs for the rows of a table.

    Raises:
        DataError: If columns are missing or hold what their steps cannot do with.
    """
    preprocessor.check_columns([*table.frame.columns, *table.tensors])
    if table.disk is None:
        return preprocessor.apply(table.columns(preprocessor.features), row_numbers(table), empty)
    inputs = preprocessor.apply(table.columns(preprocessor.features), row_numbers(table), table.disk.empty)
    table.release()
    return inputs


def labels_of(preprocessor: Preprocessor, table: Table) -> dict[str, Array]:
    """Return the labels as the losses want them, by output."""
    return preprocessor.apply_target(_targets(preprocessor, table), row_numbers(table))


def label_table(preprocessor: Preprocessor, rows: Table | SeriesPart) -> Table:
    """Return the rows whose labels are to be predicted: with a window, `horizon` rows for each example."""
    from dlrun.data.table import Table

    if isinstance(rows, Table):
        return rows
    targets = [name for head in preprocessor.targets.heads for name in head.targets]
    return rows.label_table([*([rows.series.column] if rows.series.column else []), *targets])


def truths_of(preprocessor: Preprocessor, rows: Table | SeriesPart) -> dict[str, Array]:
    """Return the true values as evaluation wants them, by output: numbers in their own units, class indices.

    With a window they are those of `label_table`.
    """
    table = label_table(preprocessor, rows)
    columns = _targets(preprocessor, table)
    labels = preprocessor.apply_target(columns, row_numbers(table))
    for head in preprocessor.targets.heads:
        if head.task == "regression":
            labels[head.output] = np.stack([np.asarray(columns[t], np.float64) for t in head.targets], axis=1)
    return labels


def examples_of(preprocessor: Preprocessor, table: Table | SeriesPart) -> Examples | WindowExamples:
    """Return the rows of a part, or the examples made of them, each weighing the same."""
    from dlrun.data.table import Table

    if not isinstance(table, Table):
        return window_examples(preprocessor, table)
    labels = _as_keras(labels_of(preprocessor, table))
    return _examples(table, inputs_of(preprocessor, table), labels)


def training_examples(
    config: Config, preprocessor: Preprocessor, table: Table | SeriesPart, plain: Any = None
) -> Examples | WindowExamples:
    """Return the training rows, resampled and weighted as the config asks.

    Args:
        config: The config.
        preprocessor: What was learned.
        table: The rows.
        plain: What `examples_of` gives for them, if it is at hand.
    """
    from dlrun.data.table import Table
    from dlrun.preprocessing.resample import resample_rows
    from dlrun.preprocessing.weights import class_weights

    assert config.fit is not None
    if not isinstance(table, Table):
        return training_windows(config, preprocessor, table)
    x = inputs_of(preprocessor, table) if plain is None else plain.x
    y = labels_of(preprocessor, table)
    column = config.fit.sample_weight
    weight = table.columns([column])[column] if column is not None else None
    if config.preprocessing.resample:
        target = preprocessor.targets.heads[0].targets[0]
        rows = resample_rows(config, table.columns([target])[target], config.seed)
        x, y = ({name: rows_at(array, rows) for name, array in part.items()} for part in (x, y))
        weight = weight[rows] if weight is not None else None
    weights = _as_keras(class_weights(config, preprocessor, y, weight))
    return _examples(table, x, _as_keras(y), weights)


def _examples(table: Table, x: dict[str, Array], y: Any = None, weights: Any = None) -> Examples:
    is_lazy = any(isinstance(rows, LazyRows) for rows in x.values())
    return Examples(x, y, weights, on_disk=is_lazy or table.disk is not None)


def unlabelled_examples(preprocessor: Preprocessor, table: Table) -> Examples:
    """Return rows whose labels are of no interest."""
    return _examples(table, inputs_of(preprocessor, table))


def _targets(preprocessor: Preprocessor, table: Table) -> dict[str, Array]:
    wanted = [name for head in preprocessor.targets.heads for name in head.targets]
    return table.columns([name for name in wanted if name in table.frame or name in table.tensors])


def _as_keras(by_output: dict[str, Array] | None) -> Any:
    """Return the one array where there is one unnamed output, as Keras wants it."""
    return None if by_output is None else by_output.get("", by_output)
