"""How much memory the machine has, for what would take more: a system that promises it ends the process instead."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence


def machine_memory() -> int:
    """Return the machine's memory in bytes, or the largest number there is where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return sys.maxsize


def need_memory(what: str, shape: Sequence[int]) -> None:
    """Refuse an array of four bytes a number before it is begun.

    Raises:
        MemoryError: If the machine has less.
    """
    size, there = 4 * math.prod(shape), machine_memory()
    if size > there:
        raise MemoryError(f"{what} would take {size / 1e9:,.0f} GB, and this machine has {there / 1e9:.0f}")
