"""Ctrl-C and SIGTERM: held back until a moment in which one can stop, and given again where they were lost."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 128  # the exit code, with the signal's number, as shells have it
_AGAIN_SECONDS = 0.05  # until a signal that came in a bad moment is given again


def heeded() -> list[signal.Signals]:
    """Return the signals of the two that are not ignored: a shell has a job ignore Ctrl-C that runs behind a script."""
    return [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def given_again_if_lost() -> Iterator[None]:
    """Give a signal again whose KeyboardInterrupt was lost.

    Python prints what is raised in a finalizer or in a weak reference's callback, and goes on. The handler's
    KeyboardInterrupt carries the signal's number; without one it is SIGINT.
    """
    before = sys.unraisablehook

    def hook(lost: UnraisableHookArgs) -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            before(lost)
            return
        number = lost.exc_value.args[0] if lost.exc_value is not None and lost.exc_value.args else signal.SIGINT
        again = threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


class Interrupted(Exception):  # noqa: N818 (nothing is wrong; somebody asked to stop)
    """Training was asked to stop and has stopped between two batches."""


class StopSignals:
    """Holds the first signal back until whoever trains asks for it; a second one stops at once.

    A context manager. Outside the main thread Python delivers no signals, and it does nothing.
    """

    def __init__(self) -> None:
        self.received = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._receive) for number in heeded()}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._restore()

    def check(self) -> None:
        """Stop if a signal came.

        Raises:
            Interrupted: If one did.
        """
        if self.received:
            raise Interrupted(signal.Signals(self.received).name)

    def deliver(self) -> NoReturn:
        """Hand the signal on to whoever would have had it, now that everything is in order.

        Raises:
            KeyboardInterrupt: If the signal itself did not end the program.
        """
        self._restore()
        signal.raise_signal(self.received)
        raise KeyboardInterrupt

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if self.received:
            self.received = number
            self.deliver()
        self.received = number

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}


@contextmanager
def held_back() -> Iterator[None]:
    """Hold signals back until the block is over, which should not take long; a second one stops at once.

    Compiled code that calls Python may make another error of a KeyboardInterrupt, as matplotlib's does.
    """
    signals = StopSignals()
    try:
        with signals:
            yield
    finally:
        if signals.received:
            signal.raise_signal(signals.received)
