"""The facts of all runs of a folder, quickly: those of finished runs are remembered in one file beside them.

The file, `.runs.json`, is a cache and may be deleted at any time. What it says of a run counts only while the run's
`run.json` is the very file that it was read from: the same inode, size and times, to the nanosecond. It holds no
settings, which are long; whoever asks for them has every `run.json` read.
"""

from __future__ import annotations

import contextlib
import gc
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dlrun.files import open_plain, parse_json, write_atomically
from dlrun.run_dir import RunDir, Stamp
from dlrun.run_facts import Facts, facts_of, kept_facts, remembered_facts

NAME = ".runs.json"
FEWEST = 500  # runs; fewer are read as quickly
_LARGEST = 256 * 2**20  # bytes
_MOST_NEW = 0.02  # share of the runs that may be missing in the file before it is written again
_SETTLED_NS = 2 * 10**9  # a file that was written a moment ago might be written again within the same tick of its clock
_REMEMBERED = ("state", "created", "tags", "note", "epochs", "best", "metrics")
Known = dict[str, tuple[Stamp, Mapping[str, Any]]]


def gather_facts(runs_dir: Path, *, settings: bool) -> list[Facts]:
    """Return the facts of each run in a folder, in no order.

    Args:
        runs_dir: The folder.
        settings: Whether `config` is needed; else it is None for the runs that are remembered.
    """
    with _no_collection():
        runs = list(RunDir.stamped(runs_dir))
        if settings or len(runs) < FEWEST:
            return [kept_facts(run) or facts_of(run) for run, _ in runs]
        file = runs_dir / NAME
        before, known, facts = _read(file), {}, []
        for run, stamp in runs:
            found = _remembered(run, stamp, before)
            if found is not None:
                known[run.name] = before[run.name]
            else:
                found = kept_facts(run)
                if found is not None and _is_settled(stamp):
                    known[run.name] = (stamp, {name: found[name] for name in _REMEMBERED})
            facts.append(found or facts_of(run))
        fresh = sum(before.get(name, (None,))[0] != stamp for name, (stamp, _) in known.items())
        if fresh > _MOST_NEW * len(runs):
            _write(file, known)
        return facts


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python from looking for cycles: there are none in thousands of records, and looking takes a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _remembered(run: RunDir, stamp: Stamp, known: Known) -> Facts | None:
    entry = known.get(run.name)
    return remembered_facts(run, entry[1]) if entry is not None and entry[0] == stamp else None


def _is_settled(stamp: Stamp) -> bool:
    return time.time_ns() - max(stamp.modified, stamp.changed) > _SETTLED_NS


def _read(file: Path) -> Known:
    """Return what is remembered; nothing where the file is missing, or is none of dlrun's."""
    try:
        with open_plain(file) as opened:
            found = parse_json(opened.read(_LARGEST).decode("utf-8"))
        return {name: (Stamp(*stamp), facts) for name, (stamp, facts) in found.items() if isinstance(facts, dict)}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(file: Path, known: Known) -> None:
    text = json.dumps({name: [list(stamp), facts] for name, (stamp, facts) in known.items()}, separators=(",", ":"))
    with contextlib.suppress(OSError):  # a folder that may not be written to is listed all the same
        write_atomically(file, text.encode("utf-8"))
