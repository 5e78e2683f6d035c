"""Jobs in forked processes: what their parent has imported, they need not import again.

A child tells its parent how it goes in lines of JSON over a pipe, so nothing of one process is ever run by another.
Over a second pipe it gets the number of its next job, where jobs may follow one another in a process.
Signals reach the parent alone, which hands them on to its children; if the parent dies, they stop, too.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, BinaryIO, NoReturn, TextIO

from dlrun.signals import INTERRUPTED, SIGNALS, given_again_if_lost, heeded

Tell = Callable[..., None]
_RESULT = "result"
_PIECE = 65_536
_NOT_BEGUN = 113  # the status of a process that a signal kept from beginning its job


def can_fork() -> bool:
    """Tell whether this process may be forked: not on Windows or macOS, and not beside running threads.

    On macOS the system's own libraries do not survive it. A thread that holds a lock at that moment holds it in the
    child for ever.
    """
    alone = threading.active_count() == 1 and threading.current_thread() is threading.main_thread()
    return hasattr(os, "fork") and sys.platform != "darwin" and alone


@dataclass(frozen=True)
class Ended:
    """How a job ended.

    Attributes:
        result: What its work returned; None if its process died before it could tell.
        exit_code: 0 if it told; else that of the process: 1 after a traceback, or if it left with 0 unheard, 128 and
            the number of a signal that it obeyed, or minus the number of one that killed it.
    """

    result: Any
    exit_code: int


@dataclass
class _Child:
    """A process.

    Attributes:
        job: What it does; None once that is done and nothing follows.
        pid: Its number.
        pipe: Where it speaks.
        orders: Where it hears of its next job; None when there is none for it.
        unread: The beginning of a line.
    """

    job: int | None
    pid: int
    pipe: int
    orders: int | None
    unread: bytes = b""


def _never(before: int, job: int) -> bool:
    return False


class Workers:
    """Does jobs in forked processes, a process each or, where that is allowed, several in turn.

    Args:
        work: Does the job of a number, in another process. It may say how it goes by the function that it gets,
            and what it returns or says must be JSON. SIGINT and SIGTERM raise `KeyboardInterrupt(number)` in it.
        hear: Called in the parent with the job's number and what it said.
        ended: Called in the parent with the job's number when it is over.
        may_follow: Tells whether the process that has done the first job may do the second one, too; default: never.

    Attributes:
        received: The signal that stopped it, or 0: jobs that had not begun then are left out.
    """

    def __init__(
        self,
        work: Callable[[int, Tell], Any],
        hear: Callable[[int, list[Any]], None],
        ended: Callable[[int, Ended], None],
        may_follow: Callable[[int, int], bool] = _never,
    ) -> None:
        self.received = 0
        self._work, self._hear, self._ended, self._may_follow = work, hear, ended, may_follow
        self._waiting: deque[int] = deque()
        self._children: list[_Child] = []

    def run(self, count: int, at_once: int) -> None:
        """Do the jobs 0 to `count` - 1, at most `at_once` at a time, and return when all are over."""
        self._waiting = deque(range(count))
        with selectors.DefaultSelector() as selector, self._handing_on_signals():
            try:
                while self._children or (self._waiting and not self.received):
                    while self._waiting and not self.received and len(self._children) < at_once:
                        child = self._start(self._waiting.popleft())
                        selector.register(child.pipe, selectors.EVENT_READ, child)
                    for key, _ in selector.select():
                        if not self._listen(key.data):
                            selector.unregister(key.data.pipe)
                            self._bury(key.data)
            finally:
                self._stop_all()

    def drop(self, jobs: Collection[int]) -> None:
        """Leave out those of some jobs that have not begun."""
        self._waiting = deque(job for job in self._waiting if job not in jobs)

    def _start(self, job: int) -> _Child:
        pipe, its_end = os.pipe()
        its_orders, orders = os.pipe()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # or the child would write it once more
        with _signals_held(), warnings.catch_warnings():
            # Python 3.12 counts the threads of NumPy's and Arrow's libraries, too, but these know about forks.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
            if pid == 0:
                for other in (pipe, orders, *self._ends()):
                    os.close(other)  # a pipe that a sister holds open would not break when the parent dies
                self._be_child(job, its_end, its_orders)
            self._children.append(_Child(job, pid, pipe, orders))
        os.close(its_end)
        os.close(its_orders)
        return self._children[-1]

    def _ends(self) -> list[int]:
        """Return this process's ends of all pipes."""
        both = (end for child in self._children for end in (child.pipe, child.orders))
        return [end for end in both if end is not None]

    def _be_child(self, first: int, pipe: int, orders: int) -> NoReturn:
        code = 1
        try:
            os.setpgid(0, 0)  # Ctrl-C goes to a whole group: it would come twice, and twice means "at once"
            os.dup2(2, 1)  # what a user's code prints must not get between the parent's lines or into its JSON
            sys.stdout = sys.stderr
            asked: list[int] = []
            with (
                closing(_Voice(os.fdopen(pipe, "w", encoding="utf-8"))) as voice,
                os.fdopen(orders, "rb") as numbers,
                given_again_if_lost(),
            ):
                for job in _jobs(first, numbers, asked):
                    result = self._work(job, voice.tell)
                    _set_handler(lambda number, _: asked.append(number))
                    voice.tell(_RESULT, result)
            code = _NOT_BEGUN if asked else 0
        except KeyboardInterrupt as interrupt:  # before the work could answer it, or a second one while it did
            code = INTERRUPTED + interrupt.args[0]
        except BaseException:  # no child may ever return into the parent's code
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _listen(self, child: _Child) -> bool:
        """Pass on what a child said; False at its end."""
        piece = os.read(child.pipe, _PIECE)
        *lines, child.unread = (child.unread + piece).split(b"\n")
        for line in lines:
            words = json.loads(line)
            assert child.job is not None
            if words[0] == _RESULT:
                self._go_on(child, words[1])
            else:
                self._hear(child.job, words)
        return bool(piece)

    def _go_on(self, child: _Child, result: Any) -> None:
        """A child is done with its job: it gets the next one, or may go."""
        done = child.job
        assert done is not None
        follows = self._waiting and not self.received and self._may_follow(done, self._waiting[0])
        child.job = self._waiting.popleft() if follows else None
        if child.job is None or child.orders is None:
            self._dismiss(child)
        else:
            with suppress(BrokenPipeError):  # one that has died meanwhile says so by its exit code
                os.write(child.orders, b"%d\n" % child.job)
        self._ended(done, Ended(result, 0))

    @staticmethod
    def _dismiss(child: _Child) -> None:
        if child.orders is not None:
            os.close(child.orders)
            child.orders = None

    def _bury(self, child: _Child) -> None:
        os.close(child.pipe)
        self._dismiss(child)
        _, status = os.waitpid(child.pid, 0)
        self._children.remove(child)
        code = os.waitstatus_to_exitcode(status)
        if child.job is not None and code != _NOT_BEGUN:
            self._ended(child.job, Ended(None, code or 1))  # 0: its own code has ended the process

    def _stop_all(self) -> None:
        """End what still runs, which is nothing unless something went wrong here."""
        for child in self._children:
            os.close(child.pipe)
            self._dismiss(child)
            os.kill(child.pid, signal.SIGTERM)
        for child in self._children:
            os.waitpid(child.pid, 0)
        self._children = []

    @contextmanager
    def _handing_on_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._hand_on) for number in heeded()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hand_on(self, number: int, _frame: FrameType | None) -> None:
        self.received = number
        for child in self._children:
            os.kill(child.pid, number)


class _Voice:
    """Speaks into the pipe; when nobody listens any more, the parent is dead, and the job is asked to stop."""

    def __init__(self, line: TextIO) -> None:
        self._line = line
        self._is_heard = True

    def tell(self, *words: Any) -> None:
        if not self._is_heard:
            return
        try:
            self._line.write(json.dumps(words) + "\n")
            self._line.flush()
        except BrokenPipeError:
            self._is_heard = False
            signal.raise_signal(signal.SIGTERM)

    def close(self) -> None:
        with suppress(BrokenPipeError):  # of what could not be told the rest is let go
            self._line.close()


def _jobs(first: int, orders: BinaryIO, asked: list[int]) -> Iterator[int]:
    """Yield the numbers of a child's jobs; a signal that comes between two of them, and stands in `asked`, is the end.

    Between jobs a handler notes signals. Blocking them would not do: TensorFlow's threads take them all the same.
    """
    order = b"%d" % first
    while order:
        try:
            _set_handler(_interrupt)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            if asked:
                return
        except KeyboardInterrupt as interrupt:
            asked.append(interrupt.args[0])
            return
        yield int(order)
        order = orders.readline()


def _set_handler(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in SIGNALS:
        signal.signal(number, handler)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(number)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let signals wait until the block is over: none may come between a fork and the note that there is a child."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
