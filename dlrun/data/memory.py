"""Memory that nothing needs any more, given back to the system."""

from __future__ import annotations


def give_back() -> None:
    """Give free memory back; C's allocator keeps it otherwise, and what comes next finds none of it of the right size.

    With the GNU C library pyarrow's pool of the system's memory does so for the whole process (`malloc_trim`).
    """
    import pyarrow as pa

    pa.system_memory_pool().release_unused()
