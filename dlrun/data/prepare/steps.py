"""All prepare steps over a table, in the config's order."""

from __future__ import annotations

from functools import partial

from dlrun.catalog import PREPARE_STEPS
from dlrun.config.objects import PrepareSpec
from dlrun.data.dtypes import is_text
from dlrun.data.prepare.context import Context, row_words, with_columns
from dlrun.data.table import Table
from dlrun.data.times import read_times
from dlrun.errors import DataError

# These take values from other rows, or look at all rows: they run inside the parts, once these are known.
INSIDE_PARTS = ("interpolate", "drop_columns")


def prepare(table: Table, context: Context) -> Table:
    """Return the table after all steps; `data.time` and `split.time` are times then, if they were ISO text.

    Raises:
        ConfigError: If a step's value does not fit.
        DataError: If a cell does not, or no row is left.
    """
    assert context.config.data is not None
    for spec in context.config.data.prepare:
        context.spec = spec
        before = len(table)
        table = PREPARE_STEPS[spec.type](table, spec.value, context)
        if before and not len(table):
            if context.is_piece:
                return table
            raise DataError(context.config.problem(spec.path, f"no row of {before} is left after {spec.type}"))
    return _with_times(table, context)


def _with_times(table: Table, context: Context) -> Table:
    data = context.config.data
    assert data is not None
    for path, name in ((("data", "time"), data.time), (("data", "split", "time"), data.split.time)):
        if name is None or name not in table.frame.columns or not is_text(table.frame[name]):
            continue
        try:
            times = read_times(table.frame[name], None, partial(row_words, table))
        except DataError as error:
            fix = f"Say how it is written: read: {{parse_dates: [{name}], date_format: '%d/%m/%Y'}}."
            raise DataError(*(context.config.problem(path, p.what, fix) for p in error.problems)) from error
        table = with_columns(table, {name: times})
    return table


def needs_parts(spec: PrepareSpec) -> bool:
    """Tell whether a step gives other values when it knows which rows are the training rows."""
    carries = isinstance(spec.value, dict) and {"ffill", "bfill"} & set(map(str, spec.value.values()))
    return spec.type in INSIDE_PARTS or (spec.type == "fill" and bool(carries))
