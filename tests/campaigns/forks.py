"""Commands in forks of a process that has imported Keras: quick to start, and a process of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

SECONDS = 300.0


class Done(NamedTuple):
    """What became of a command: its exit code (minus a signal's number), and all that it printed."""

    code: int
    output: str


def run_command(
    arguments: Sequence[str],
    place: Path,
    *,
    watch: Callable[[int], contextlib.AbstractContextManager[None]] | None = None,
) -> Done:
    """Run `dlrun ARGUMENTS` in a fork.

    Args:
        arguments: What stands after `dlrun`.
        place: A folder for its output.
        watch: A context manager that is entered with the fork's process number before the command begins.
    """
    from dlrun.training.runtime import import_keras

    import_keras()
    output = place / "output"
    gate, opens = os.pipe()
    child = os.fork()
    if not child:
        os.close(opens)
        be_the_command(arguments, output, lambda: os.read(gate, 1))  # until it is closed
    os.close(gate)
    with watch(child) if watch else contextlib.nullcontext():
        os.close(opens)
        _, status = os.waitpid(child, 0)
    return Done(os.waitstatus_to_exitcode(status), output.read_text("utf-8", errors="replace"))


def be_the_command(arguments: Sequence[str], output: Path, begin: Callable[[], object]) -> NoReturn:
    """Run `dlrun ARGUMENTS` in this process, which is a fork, and end it with the command's exit code.

    Args:
        arguments: What stands after `dlrun`.
        output: Where all goes that it prints.
        begin: What comes before the command.
    """

    code = 99
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        sys.stdout, sys.stderr = (os.fdopen(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))
        begin()
        from dlrun.cli import run

        code = run(list(arguments))
    except BaseException:  # the command itself should have told it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@contextlib.contextmanager
def traced(child: int, log: Path, calls: Sequence[str], inject: str = "") -> Iterator[None]:
    """Let strace log the main thread's system calls of these names, and make one of them fail."""
    options = ["-e", f"trace={','.join(calls)}", *(["-e", f"inject={inject}"] if inject else [])]
    strace = subprocess.Popen(["strace", "-y", "-qq", "-s", "8", "-o", str(log), *options, "-p", str(child)])
    began = time.monotonic()
    while "TracerPid:\t0" in Path(f"/proc/{child}/status").read_text() and strace.poll() is None:
        if time.monotonic() - began > SECONDS:
            break
        time.sleep(0.01)
    yield
    strace.wait()
