"""One command in a fresh process: its time from start to end and its peak memory.

The kernel counts what a process was before it became the command, so the runner itself must stay small: it imports
no NumPy and makes the tables in processes of their own. Of several processes in a command's tree the largest counts,
not their sum.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.benchmarks.arithmetic import median

KIBIBYTES = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, KiB on Linux
GLANCE = 0.005  # seconds between two looks at a file that grows
LOOKS_PER_EPOCH = 20


class CommandError(Exception):
    """A command that did not end well.

    Attributes:
        exit_code: Of the command; negative where a signal ended it.
    """

    def __init__(self, command: Sequence[str], exit_code: int, output: str) -> None:
        super().__init__(f"`{' '.join(command)}` ended with {exit_code}:\n{output}")
        self.exit_code = exit_code
        self.output = output


@dataclass(frozen=True)
class Measured:
    """What a command took.

    Attributes:
        started: Unix time.
        seconds: From its start to its end.
        peak_bytes: The most memory that was resident at a time.
        output: What it printed.
    """

    started: float
    seconds: float
    peak_bytes: int
    output: str


def run_command(command: Sequence[str], folder: Path, changes: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end, its output going to a file as when a user keeps a log.

    Args:
        command: A program and its arguments.
        folder: Where it runs.
        changes: Environment variables besides the runner's own.

    Raises:
        CommandError: If its exit code is not 0.
    """
    log = folder / "output.txt"
    with log.open("wb") as output:
        started, clock = time.time(), time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(changes or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - clock
    process.returncode = os.waitstatus_to_exitcode(status)  # Popen has not seen it end
    text = log.read_text(encoding="utf-8", errors="replace")
    if process.returncode:
        raise CommandError(command, process.returncode, text[-2000:])
    return Measured(started, seconds, usage.ru_maxrss * KIBIBYTES, text)


@contextmanager
def workplace() -> Iterator[Path]:
    """Yield an empty folder for a command, and remove it with what the command left there."""
    with tempfile.TemporaryDirectory(prefix="dlrun-benchmark-") as folder:
        yield Path(folder)


class HistoryWatch:
    """Notes when each line of a history.csv appears that is not there yet: when a user can see an epoch's result.

    Args:
        find: Returns the file once it is there.
    """

    def __init__(self, find: Callable[[], Path | None]) -> None:
        self._find = find
        self._ended = threading.Event()
        self._seen: list[tuple[float, int]] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> HistoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def first_epoch_end(self) -> float | None:
        """The Unix time at which the first epoch's line was there."""
        return self._seen[0][0] if self._seen else None

    @property
    def epoch(self) -> float | None:
        """Seconds of an epoch after the first: the median, or the mean of all where a look is too coarse for one."""
        if len(self._seen) < 2:
            return None
        (first, had), (last, has) = self._seen[0], self._seen[-1]
        mean = (last - first) / (has - had)
        if mean < LOOKS_PER_EPOCH * GLANCE:
            return mean
        return median((now - before) for (before, _), (now, _) in pairwise(self._seen))

    def _watch(self) -> None:
        path, size = None, -1
        while not self._ended.wait(GLANCE):
            path = path or self._find()
            if path is None or path.stat().st_size == size:
                continue
            now, content = time.time(), path.read_bytes()
            size = len(content)
            epochs = content.count(b"\n") - 1  # less the heading
            if epochs > (self._seen[-1][1] if self._seen else 0):
                self._seen.append((now, epochs))
