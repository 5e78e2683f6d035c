"""All prepare steps over a table, in the config's order."""

from __future__ import annotations

from dlrun.catalog import PREPARE_STEPS
from dlrun.config.objects import PrepareSpec
from dlrun.data.prepare.context import Context
from dlrun.data.table import Table
from dlrun.errors import DataError

# These take values from other rows, or look at all rows: they run inside the parts, once these are known.
INSIDE_PARTS = ("interpolate", "drop_columns")


def prepare(table: Table, context: Context) -> Table:
    """Return the table after all steps.

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
            raise DataError(context.config.problem(spec.path, f"no row of {before} is left after {spec.type}"))
    return table


def needs_parts(spec: PrepareSpec) -> bool:
    """Tell whether a step gives other values when it knows which rows are the training rows."""
    carries = isinstance(spec.value, dict) and {"ffill", "bfill"} & set(map(str, spec.value.values()))
    return spec.type in INSIDE_PARTS or (spec.type == "fill" and bool(carries))
