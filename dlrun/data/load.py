"""From a config to the rows that train, validate and test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.checks.columns import check_columns
from dlrun.data.build_series import build_series, in_order, series_rows
from dlrun.data.checks import check_dataset, check_finite
from dlrun.data.columns import base_column, feature_columns
from dlrun.data.disk import MixedKindsError
from dlrun.data.dtypes import tidy_frame
from dlrun.data.kinds import kind_of_columns
from dlrun.data.labels import absent_targets, with_labels
from dlrun.data.names import checked_names, column_name
from dlrun.data.origins import FileRecord, Origins
from dlrun.data.part_tables import cut_parts, part_numbers
from dlrun.data.prepare.context import Context, with_frame
from dlrun.data.prepare.steps import needs_parts, prepare
from dlrun.data.read import read_table
from dlrun.data.split import PARTS, split_rows
from dlrun.data.stream import StreamedFiles, cut, text_rows
from dlrun.data.stream_or_not import in_memory, must_stream, must_stream_new
from dlrun.data.table import Dataset, Table
from dlrun.errors import ConfigError, DataError, Problem, did_you_mean
from dlrun.lazy_rows import joined

if TYPE_CHECKING:
    import pandas as pd

    from dlrun.config.config import Config
    from dlrun.data.series import Series, SeriesPart

Array = np.ndarray[Any, Any]
_FILES = {"train": "source", "validation": "validation_source", "test": "test_source"}


def load_dataset(config: Config) -> Dataset:
    """Read the files, run the prepare steps, cut the rows into parts and look at what came out.

    Raises:
        ConfigError: If the config names columns that are not there, or contradicts itself.
        DataError: If the files cannot be used as the config asks.
    """
    assert config.data is not None
    why = must_stream(config)
    if why is not None:
        return _load_streamed(config, why)
    tables, notes = _read_all(config)
    context = Context(config)
    prepared = in_order(prepare(tables["train"], context), context)
    _check_columns(prepared, config)
    labelled = with_labels(prepared, config, notes)
    rows = split_rows(labelled, config)
    if any(map(needs_parts, config.data.prepare)):
        context = Context(config, parts=part_numbers(rows, tables["train"]))
        prepared = in_order(prepare(tables["train"], context), context)
        _check_columns(prepared, config)
        labelled = with_labels(prepared, config, [])
    is_series = config.preprocessing.window is not None
    whole = [with_frame(prepared, prepared.frame)] if is_series else []
    for table in (tables["train"], prepared):
        if table is not labelled:
            table.give_up()
    parts = cut_parts(labelled, rows, notes)
    for name in ("validation", "test"):
        if name in tables:
            own = Context(config, is_new=True, dropped=context.dropped)
            table = in_order(prepare(tables[name], own), own)
            whole += [table] * is_series
            parts[name] = with_labels(table, config, notes)
            _check_same_columns(parts["train"].frame.columns, parts[name].frame.columns, name)
    parts = {name: parts[name] for name in PARTS if name in parts}
    series = build_series(whole, parts, context) if is_series else None
    return _dataset(config, parts, tables, notes + context.notes, series)


def _load_streamed(config: Config, why: str) -> Dataset:
    """Return the same dataset, read a piece at a time and kept on disk."""
    files: dict[str, StreamedFiles] = {}
    first = 0
    decided: set[str] | None = None
    with ExitStack() as opened:
        for part, key in _FILES.items():
            sources = getattr(config.data, key)
            if sources is not None:
                context = Context(config, is_new=part != "train")
                own = files[part] = opened.enter_context(StreamedFiles(context, first, decided))
                with _at(config, key):
                    own.read(sources, partial(_check_columns, config=config) if part == "train" else bool)
                decided = own.texts
                first += sum(record.rows for record in own.records)
        parts = cut(files["train"], split_rows(files["train"].table(), config))
        for name in ("validation", "test"):
            if name in files:
                _check_same_columns(files["train"].order, files[name].order, name)
                parts[name] = files[name].table()
        texts = text_rows(list(files.values()))
        parts = {name: replace(table, tensors=texts, order=files["train"].order) for name, table in parts.items()}
    parts = {name: parts[name] for name in PARTS if name in parts}
    tables = {name: Table(parts["train"].frame, origins=Origins(config, own.records)) for name, own in files.items()}
    notes = [why, *(note for own in files.values() for note in own.notes)]
    dataset = _dataset(config, parts, tables, notes, None)
    for table in parts.values():
        table.release()
    return dataset


def load_new_series(
    sources: Iterable[str | Path] | pd.DataFrame,
    config: Config,
    *,
    need_target: bool,
    features: Sequence[str] | None = None,
) -> SeriesPart:
    """Read and prepare new rows, and return the examples that they make.

    Raises:
        DataError: If the rows lack a column, cannot be read, or have no whole window.
    """
    context = Context(config, is_new=True, need_target=need_target, features=features)
    table = in_order(load_new_table(sources, config, need_target=need_target, context=context), context)
    return build_series([table], {"new": table}, context).examples["new"]


def load_past(sources: Iterable[str | Path] | pd.DataFrame, config: Config) -> Series:
    """Read and prepare rows after whose end something is to be forecast.

    Raises:
        DataError: If the rows lack a column, or cannot be read.
    """
    context = Context(config, is_new=True, need_target=False)
    table = load_new_table(sources, config, need_target=False, context=context)
    return series_rows([in_order(table, context)], context)


def load_new_table(
    sources: Iterable[str | Path] | pd.DataFrame,
    config: Config,
    *,
    need_target: bool,
    features: Sequence[str] | None = None,
    context: Context | None = None,
) -> Table:
    """Read and prepare new rows, for a model that is trained.

    Args:
        sources: Paths and globs, or a table in memory.
        config: The run's config.
        need_target: Whether the rows are of use only with their target; if not, steps that concern nothing but
            targets that are not there are left out.
        features: The features of the trained model; further columns are then of no interest, whatever they hold.
        context: The circumstances of the prepare steps, if the caller wants to see what they note.

    Raises:
        DataError: If the rows lack a column, or cannot be read.
    """
    import pandas as pd

    assert config.data is not None
    context = context or Context(config, is_new=True, need_target=need_target, features=features)
    context.absent = set() if need_target else absent_targets(config)
    table = None
    if not (need_target or features is None or isinstance(sources, pd.DataFrame)) and must_stream_new(sources, config):
        with suppress(MixedKindsError):  # nobody can say any more what a trained model's column is
            table = _stream_new(sources, context)
    if table is None:
        table = prepare(_new_rows(sources, config), context)
        _check_new(table, context)
    if need_target:
        table = with_labels(table, config, [])
    names = table.names
    known = feature_columns(config, names) if context.features is None else context.features
    checked = [*known, *(config.data.target if need_target else ())]
    check_finite(table, [name for name in checked if name in names])
    return table


def _stream_new(sources: Iterable[str | Path], context: Context) -> Table:
    """Return what a trained model needs of new rows, read a piece at a time and kept on disk."""
    with StreamedFiles(context) as files:
        files.read(sources, partial(_check_new, context=context))
        return replace(files.table(), tensors=text_rows([files]), order=files.order)


def _check_new(table: Table, context: Context) -> None:
    config, names = context.config, [*table.frame.columns, *table.tensors]
    assert config.data is not None
    wanted = [*config.data.target] * context.need_target + [*(config.data.features or ())]
    wanted += [base_column(name, names) for item in config.inputs.values() for name in item.columns]
    wanted += _ordering(config)
    lacking = [name for name in map(column_name, dict.fromkeys(wanted)) if name not in names]
    if lacking:
        raise DataError(*(Problem(f"the new rows have no column '{n}'", did_you_mean(n, names)) for n in lacking))


def _ordering(config: Config) -> list[str]:
    """Return the columns without which windows would be made of rows in any order, or of several series at once."""
    window, data = config.preprocessing.window, config.data
    if window is None or data is None:
        return []
    return [name for name in (data.time or data.split.time, window.series) if name is not None]


def _read_all(config: Config) -> tuple[dict[str, Table], list[str]]:
    """Return a table for each part that has files of its own; rows are numbered over all of them."""
    tables: dict[str, Table] = {}
    notes: list[str] = []
    first = 0
    for part, key in _FILES.items():
        sources = getattr(config.data, key)
        if sources is not None:
            with _at(config, key):
                tables[part], said = read_table(sources, config, first=first)
            notes += said
            first += len(tables[part])
    common = _with_common_tensors(tables)
    tensors, said = in_memory(common["train"].tensors, config)
    return {part: with_frame(table, table.frame, tensors=tensors) for part, table in common.items()}, notes + said


@contextmanager
def _at(config: Config, key: str) -> Iterator[None]:
    """Give a problem that has no place in a file its place in the config: a file that is not there."""
    try:
        yield
    except DataError as error:
        path = ("data", key)
        raise DataError(*(p if p.location else config.problem(path, p.what, p.fix) for p in error.problems)) from error


def _with_common_tensors(tables: dict[str, Table]) -> dict[str, Table]:
    """Return the tables with one array per tensor column for all of them, since rows find theirs by number."""
    if len(tables) == 1 or not any(table.tensors for table in tables.values()):
        return tables
    for table in tables.values():
        if set(table.tensors) != set(tables["train"].tensors):
            raise DataError("the parts' files differ in their columns with several axes")
    names = tables["train"].tensors
    try:
        tensors = {name: joined([table.tensors[name] for table in tables.values()]) for name in names}
    except ValueError as error:
        raise DataError(f"the parts' files differ in the shape of a column: {error}") from error
    return {part: with_frame(table, table.frame, tensors=tensors) for part, table in tables.items()}


def _check_columns(table: Table, config: Config) -> None:
    problems = check_columns(config, [*table.frame.columns, *table.tensors])
    if problems:
        raise ConfigError(*problems)


def _check_same_columns(wanted: Iterable[str], found: Iterable[str], part: str) -> None:
    found = set(found)
    lacking = [column for column in wanted if column not in found]
    if lacking:
        raise DataError(f"the {part} rows have no column {', '.join(map(repr, lacking))}, which the training rows have")


def _dataset(
    config: Config, parts: dict[str, Table], tables: dict[str, Table], notes: list[str], series: Series | None
) -> Dataset:
    assert config.data is not None
    names = parts["train"].names
    features = feature_columns(config, names)
    if config.data.features is None and not any(item.columns for item in config.inputs.values()):
        features = [n for n in features if n in parts["train"].tensors or parts["train"].frame[n].dtype.kind != "M"]
    targets = [column_name(name) for name in config.data.target]
    kinds = kind_of_columns(config, parts["train"], [*features, *targets])
    files = [r.to_json() for table in tables.values() if table.origins is not None for r in table.origins.records]
    said = list(dict.fromkeys([*notes, *(series.notes if series is not None else ())]))
    frame, tensors = parts["train"].frame, parts["train"].tensors
    dtypes = {str(name): str((tensors[name] if name in tensors else frame[name]).dtype) for name in names}
    dataset = Dataset(parts, kinds, features, targets, files, said, series, dtypes)
    check_dataset(dataset, config)
    return dataset


def _new_rows(sources: Iterable[str | Path] | pd.DataFrame, config: Config) -> Table:
    import pandas as pd

    if not isinstance(sources, pd.DataFrame):
        paths = [sources] if isinstance(sources, str | Path) else list(sources)
        table = read_table(paths, config)[0]
        return with_frame(table, table.frame, tensors=in_memory(table.tensors, config)[0])
    frame = sources.set_axis(checked_names(map(str, sources.columns), "the table"), axis=1).reset_index(drop=True)
    if not len(frame):
        raise DataError("the table has no rows")
    return Table(tidy_frame(frame), origins=Origins(config, [FileRecord(Path("the table"), "", 0, 0, len(frame))]))
