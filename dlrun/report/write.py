"""Writes the page of a run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dlrun.errors import DiskError, Problem
from dlrun.evaluation.verdict import verdict_of
from dlrun.files import write_output
from dlrun.report.closer import closer_section
from dlrun.report.data import data_section
from dlrun.report.diagnosis import diagnosis_section
from dlrun.report.evaluation import evaluation_section, tiles
from dlrun.report.network import network_section
from dlrun.report.page import page
from dlrun.report.preparation import preparation_section
from dlrun.report.reproduce import reproduce_section
from dlrun.report.section import Section, Source
from dlrun.report.training import training_section
from dlrun.run_dir import RunDir

# In the order of CRISP-DM: data, preparation, modelling, evaluation, what follows from it; then how to do it again.
_SECTIONS: Sequence[Callable[[Source], Section | None]] = (
    data_section, preparation_section, network_section, training_section, evaluation_section, closer_section,
    diagnosis_section, reproduce_section,
)  # fmt: skip


def write_report(run: RunDir, file: Path | None = None, *, trust: bool = False) -> Path:
    """Write the page of a run.

    Args:
        run: The run, finished or not.
        file: Where to; default: `report.html` in the run's folder.
        trust: Whether the run's own code may run.

    Raises:
        RunError: If the run was damaged, or cut off before it began.
        DiskError: If the file cannot be written.
    """
    source = Source(run, trust)
    sections = [section for make in _SECTIONS if (section := make(source)) is not None]
    return write_page(page(f"{run.name} · dlrun report", _header(source), sections), file, run, run.report)


def write_page(text: str, file: Path | None, run: RunDir, default: Path) -> Path:
    """Write a page where the user wants it, else into a run's folder."""
    content = text.encode("utf-8")
    if file is None:
        return run.write_bytes(default, content)
    if file.is_dir():
        raise DiskError(Problem(f"{file} is a folder", "Name a file: -o report.html."))
    write_output(file, content)
    return file


def _header(source: Source) -> dict[str, Any]:
    run, record = source.dir, source.dir.record
    praise = re.compile(r"(?<! hardly) beats | has skill ")
    verdict = [(words, "good" if praise.search(words) else "warn") for words in verdict_of(source.metrics)]
    features, rows = len(source.record["features"]), sum(source.record["rows"].values())
    tasks = {"regression": "a number", "binary": "two classes", "multiclass": "several classes"}
    what = ", ".join(f"{', '.join(head.targets)} ({tasks[head.task]})" for head in source.heads)
    warnings = [f"This run is {run.state}."] if run.state != "finished" else []
    if source.damaged:
        warnings.append(f"Changed after they were written: {', '.join(sorted(source.damaged))}.")
    return {
        "template": "header.html",
        "version": version("dlrun"),
        "name": run.name,
        "config": source.config.name,
        "when": when(record.get("created")),
        "state": run.state,
        "lead": f"Predicts {what} from {features:,} column{'s' * (features != 1)} of {rows:,} rows.",
        "tiles": tiles(source),
        "verdict": verdict,
        "warnings": warnings,
    }


def when(time: object) -> str:
    """Return an ISO time as `2026-11-23 05:12`, as the clock on the wall shows it; empty where it is none."""
    try:
        return datetime.fromisoformat(str(time)).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return ""
