"""A run's one writer, and how a run ended."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from dlrun.errors import DiskError, DivergedError, Problem, RunError
from dlrun.files import writing
from dlrun.lock import Locked, locked
from dlrun.run_dir import RunDir, now
from dlrun.signals import Interrupted


@contextlib.contextmanager
def writer(run_dir: RunDir) -> Iterator[None]:
    """Be the only one that writes into a run's folder.

    Raises:
        RunError: If another process does; it names the process.
    """
    with contextlib.ExitStack() as stack:
        try:
            with writing(run_dir.path):
                stack.enter_context(locked(run_dir.path))
        except Locked:
            who = run_dir.record.get("pid")
            what = f"{run_dir.name} is being written by process {who}" if who else f"{run_dir.name} is being written"
            raise RunError(Problem(what, "Wait until it is done, or stop it.")) from None
        run_dir.update(pid=os.getpid())
        yield


@contextlib.contextmanager
def recorded(run_dir: RunDir) -> Iterator[None]:
    """Keep in run.json how a run ended, whatever ends it."""
    try:
        yield
    except BaseException as error:
        state = "failed"
        if isinstance(error, (Interrupted, KeyboardInterrupt)):
            state = "interrupted"
        elif isinstance(error, DivergedError):
            state = "diverged"
        with contextlib.suppress(DiskError):  # a full disk is what the first error tells
            run_dir.update(state=state, reason=str(error) or type(error).__name__, ended=now())
        raise
