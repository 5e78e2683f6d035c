"""Ctrl-C and SIGTERM while training: finish the batches under way, then stop."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
            self._before = {number: signal.signal(number, self._receive) for number in SIGNALS}
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
