"""What people say of a run, and how they throw it away: tags, a note, deletion."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from typing import Any

from dlrun.errors import ConfigError, Problem, RunError
from dlrun.files import writing
from dlrun.lock import Locked, locked
from dlrun.run_dir import RunDir
from dlrun.run_facts import tags_of
from dlrun.sealed_folder import MOST_TAGS

_TAG = re.compile(r"[\w][\w.:/-]{0,63}")
LONGEST_NOTE = 2000


def remark(run: RunDir, tags: Iterable[str] = (), note: str | None = None) -> dict[str, Any]:
    """Give a run tags and a note, and return its name and those that it has now.

    Args:
        run: The run.
        tags: To add; with a `~` before it, to take away.
        note: A new note; None keeps the one that is there.

    Raises:
        ConfigError: If a tag cannot be one.
        RunError: If the run is damaged, or being written just now.
    """
    changes = list(tags)
    names = [change.removeprefix("~") for change in changes]
    wrong = [name for name in names if not _TAG.fullmatch(name)]
    if wrong:
        fix = "Use up to 64 letters, digits, '_', '.', ':', '/', '-'; a text goes into --note."
        raise ConfigError(*(Problem(f"'{name}' cannot be a tag", fix) for name in wrong))
    if note is not None and len(note) > LONGEST_NOTE:
        raise ConfigError(Problem(f"a note has at most {LONGEST_NOTE:,} characters, this one {len(note):,}"))
    record = run.record
    found = dict.fromkeys(tags_of(record))
    for change, name in zip(changes, names, strict=True):
        if change.startswith("~"):
            found.pop(name, None)
        else:
            found[name] = None
    if len(found) > MOST_TAGS:
        raise ConfigError(Problem(f"a run has at most {MOST_TAGS:,} tags"))
    told = {"tags": list(found), "note": str(record.get("note") or "") if note is None else note}
    if changes or note is not None:
        try:
            with locked(run.path):
                run.update(**told)
        except Locked:
            fix = "Wait until it has ended."
            raise RunError(Problem(f"{run.name} is being written by process {record.get('pid')}", fix)) from None
    return {"name": run.name, **told}


def delete(run: RunDir) -> None:
    """Take a run's folder away, for good.

    It is renamed first, so that a deletion that is cut off leaves nothing that looks like a run.

    Raises:
        RunError: If the run is being written just now.
        DiskError: If it cannot be taken away.
    """
    try:
        with locked(run.path), writing(run.path):
            gone = run.path.with_name(f".deleted-{run.name}")
            shutil.rmtree(gone, ignore_errors=True)  # what an earlier deletion left
            run.path.rename(gone)
    except Locked:
        raise RunError(Problem(f"{run.name} is being written just now", "Stop it first, or wait.")) from None
    with writing(gone):
        shutil.rmtree(gone)
