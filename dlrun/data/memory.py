"""Large arrays in memory of their own, which the system has back as soon as nothing needs them.

Memory of C's allocator mostly stays with the process when it is free, in pieces that the next array does not fit into.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from typing import Any

import numpy as np

LEAST_BYTES = 2**20  # smaller arrays are not worth it


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    """Return a new array, as `np.empty` does; a large one begins with a page of memory."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    if size < LEAST_BYTES or kind.hasobject:
        return np.empty(shape, kind)
    flags = {} if sys.platform == "win32" else {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS}
    return np.frombuffer(mmap.mmap(-1, size, **flags), dtype=kind).reshape(shape)


def release() -> None:
    """Let the system have back what C's allocator holds free, where it is one that can be asked (glibc's)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
