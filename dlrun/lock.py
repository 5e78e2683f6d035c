"""One writer a folder: whoever writes into a run's folder holds a lock on it, which ends with its process.

The lock is the system's own (`flock` on the folder itself), so nothing is left behind by a process that was killed,
and a clock that was set back changes nothing. Where the system has none (Windows), nothing is locked.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl


class Locked(Exception):  # noqa: N818 (another process does nothing wrong)
    """Another process holds the lock."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock on a folder.

    Raises:
        Locked: If another process, or another part of this one, holds it.
        OSError: If the folder cannot be opened.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(str(folder)) from None
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def waiting_lock(file: Path) -> Iterator[None]:
    """Hold the lock on a file, which is made, as soon as nobody else does.

    Raises:
        OSError: If the file cannot be made.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_locked(folder: Path) -> bool:
    """Tell whether someone holds the lock on a folder."""
    try:
        with locked(folder):
            return False
    except Locked:
        return True
    except OSError:  # not there, or not to be opened: then nobody writes into it either
        return False
