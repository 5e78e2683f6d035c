"""What a series is like, on the screen and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlrun.console.terminal import heading, say, say_whole, table
from dlrun.console.text import clean, number

if TYPE_CHECKING:
    from dlrun.training.inspect import Inspection


def inspection_document(found: Inspection) -> dict[str, Any]:
    """Return an inspection as `inspect --json` prints it."""
    looks = [
        {
            "series": item.name,
            "target": item.target,
            **{name: getattr(item.look, name) for name in ("count", "mean", "spread", "season", "seasonal", "trend")},
            "adf_p": item.look.adf,
            "kpss_p": item.look.kpss,
            "acf": item.look.acf.tolist(),
            "pacf": item.look.pacf.tolist(),
            "reading": item.look.sentences,
        }
        for item in found.looks
    ]
    clock = {"column": found.clock[0], "step": found.clock[1]} if found.clock else None
    return {"rows": found.rows, "examples": found.examples, "clock": clock, "series": looks, "notes": found.notes}


def show_inspection(found: Inspection, files: Sequence[str]) -> None:
    """Print what was found, and where it was drawn."""
    say(f"clock: {found.clock[0]}, a row every {found.clock[1]}" if found.clock else "no clock: rows are evenly spaced")
    if found.series > 1:
        say(f"series: {found.series:,}" + (f", the first {len(found.looks)} below" * (found.series > len(found.looks))))
    for note in found.notes:
        say(f"note: {clean(note)}")
    heading("parts")
    table(["", "rows", "examples"], [[p, f"{n:,}", f"{found.examples[p]:,}"] for p, n in found.rows.items()])
    for item in found.looks:
        heading(" ".join(filter(None, (item.target, item.name))))
        say(f"{item.look.count:,} values, mean {number(item.look.mean)}, spread {number(item.look.spread)}")
        for sentence in item.look.sentences:
            say(sentence)
    if files:
        say()
    for file in files:
        say_whole(file)
