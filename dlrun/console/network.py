"""A network as a table, and what the first batch gave."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dlrun.console.terminal import heading, say, table
from dlrun.console.text import clean, count, metrics_line

if TYPE_CHECKING:
    from dlrun.training.check import Check
    from dlrun.training.summary import Summary


def summary_document(summary: Summary) -> dict[str, Any]:
    """Return a network as `summary --json` prints it."""
    return {**asdict(summary), "non_trainable_parameters": summary.non_trainable_parameters}


def show_summary(summary: Summary) -> None:
    """Print a line for each layer and the sums of the parameters."""
    heading(summary.name)
    rows = [
        [row.name, row.type, _shape(row.output_shape), f"{row.parameters:,}", ", ".join(row.connected_to)]
        for row in summary.rows
    ]
    table(["layer", "type", "output", "parameters", "connected to"], rows, right=("parameters",))
    say()
    kept = summary.non_trainable_parameters
    say(count(summary.parameters, "parameter") + (f", {kept:,} of them not trainable" if kept else ""))


def _shape(shape: tuple[Any, ...]) -> str:
    if shape and isinstance(shape[0], tuple):
        return ", ".join(map(_shape, shape))
    return f"({', '.join('rows' if size is None and not n else str(size or '?') for n, size in enumerate(shape))})"


def show_check(check: Check) -> None:
    """Print what a config that was built and tried for one batch is like."""
    rows = ", ".join(f"{part} {number:,}" for part, number in check.rows.items())
    for note in check.notes:
        say(f"note: {clean(note)}")
    say(f"rows: {rows}")
    say(f"parameters: {check.parameters:,}")
    say(f"first batch: {metrics_line(check.logs)}")
