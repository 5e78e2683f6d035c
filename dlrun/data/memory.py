"""Memory that nothing needs any more, given back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Give free memory back; C's allocator keeps it otherwise, and what comes next finds none of it of the right size.

    Only the GNU C library has the call for it; elsewhere the system does without.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
