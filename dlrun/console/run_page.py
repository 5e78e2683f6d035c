"""One run on a page: state, scores, files and config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dlrun.console.run_list import when
from dlrun.console.scores import show_scores
from dlrun.console.terminal import heading, say, say_whole, table
from dlrun.console.text import number
from dlrun.metrics_file import PARTS
from dlrun.run_dir import RunDir
from dlrun.run_facts import facts_of

LARGEST_CONFIG = 2**20
_CHANGED = "changed after it was written"


def show_run(run: RunDir) -> None:
    """Print everything that a run's small files tell."""
    facts = facts_of(run)
    say_whole(run.path)
    table(["", ""], _lines(facts), right=())
    show_saved_scores(facts.get("metrics"))
    heading("files")
    changed = set(run.damaged())
    rows = [[name, f"{size:,}", _CHANGED if name in changed else ""] for name, size in files_of(run).items()]
    table(["", "bytes", ""], rows, right=("bytes",))
    for name in sorted(changed - {row[0] for row in rows}):
        say(f"{name} is missing")
    heading("config")
    for line in run.read_text(run.config, LARGEST_CONFIG).rstrip().splitlines():
        say_whole(f"  {line}")


def _lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "state", str(facts["state"])
    yield "started", when(facts["created"])
    yield "epochs", str(facts.get("epochs", ""))
    best = facts.get("best")
    if best:
        yield "best epoch", f"{best['epoch']} ({best['metric']} {number(best['value'])})"
    metrics = facts.get("metrics") or {}
    if "parameters" in metrics:
        yield "parameters", f"{metrics['parameters']:,}"
    if metrics.get("rows"):
        yield "rows", ", ".join(f"{part} {rows:,}" for part, rows in metrics["rows"].items())


def show_saved_scores(metrics: Mapping[str, Any] | None) -> None:
    """Print the scores that metrics.json holds, if there are any."""
    parts = {part: metrics[part] for part in PARTS if part in metrics} if metrics else {}
    if metrics and parts:
        show_scores(parts, metrics.get("baseline", {}), metrics.get("intervals"))


def files_of(run: RunDir) -> dict[str, int]:
    """Return the run folder's files and their sizes in bytes, names relative to it, in order."""
    found = (path for path in run.path.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(run.path).as_posix(): path.stat().st_size for path in sorted(found)}
