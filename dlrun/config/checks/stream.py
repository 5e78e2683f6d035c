"""What cannot be done with rows that are read a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator

from dlrun.config.config import Config
from dlrun.config.objects import PrepareSpec
from dlrun.errors import Problem

# These look at one row at a time; all others look across rows, or may.
BY_ROW = {
    "date_parts", "datetime", "derive", "drop", "drop_missing", "fill", "filter", "map", "rename", "replace",
    "to_number",
}  # fmt: skip
_ACROSS = {"ffill", "bfill"}


def check_stream(config: Config) -> Iterator[Problem]:
    """Find what `data.stream: true` cannot do."""
    if config.data is not None and config.data.stream:
        yield from unstreamable(config)


def unstreamable(config: Config) -> Iterator[Problem]:
    """Find what stands in the way of reading the rows a piece at a time."""
    assert config.data is not None
    fix = "Do it to the file beforehand, or write stream: false."
    for spec in config.data.prepare:
        if not _is_by_row(spec):
            yield config.problem(spec.path, f"{spec.type} looks across rows, and data.stream reads some at a time", fix)
    if config.preprocessing.window is not None:
        what = "windows reach across rows, and data.stream reads some at a time"
        yield config.problem(("preprocessing", "window"), what, "Write stream: false.")
    weigh = "Use fit: {class_weight: balanced}, or write stream: false."
    for step in config.preprocessing.resample:
        yield config.problem(step.path, f"{step.type} copies rows, and data.stream keeps them on disk", weigh)


def _is_by_row(spec: PrepareSpec) -> bool:
    carries = spec.type == "fill" and isinstance(spec.value, dict) and _ACROSS & set(map(str, spec.value.values()))
    return spec.type in BY_ROW and not carries
