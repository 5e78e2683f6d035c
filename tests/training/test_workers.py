from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlrun.training import workers as module
from dlrun.training.workers import Ended, Workers, can_fork

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.fixture(autouse=True)
def _keras() -> None:
    """Keras is not needed here."""


class Office:
    """Workers, and what was heard of them."""

    def __init__(
        self, work: Callable[..., Any], may_follow: Callable[[int, int], bool] = lambda before, job: False
    ) -> None:
        self.heard: list[tuple[int, list[Any]]] = []
        self.ends: dict[int, Ended] = {}
        self.under_way: set[int] = set()
        self.most_under_way = 0
        self.workers = Workers(work, self.hear, self.ended, may_follow)

    def hear(self, job: int, words: list[Any]) -> None:
        self.heard.append((job, words))
        self.under_way.add(job)
        self.most_under_way = max(self.most_under_way, len(self.under_way))

    def ended(self, job: int, end: Ended) -> None:
        self.ends[job] = end
        self.under_way.discard(job)


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    assert is_so()


def test_jobs_are_done_in_processes_of_their_own_and_not_too_many_at_once(tmp_path: Path) -> None:
    def work(job: int, tell: Callable[..., None]) -> dict[str, Any]:
        tell("begun", job, {"가격": 1.5})
        (tmp_path / str(job)).touch()
        if job < 2:  # these two must meet, or both wait in vain
            wait_for((tmp_path / str(1 - job)).exists)
        return {"job": job, "pid": os.getpid()}

    office = Office(work)
    office.workers.run(5, at_once=2)
    assert sorted(office.heard) == [(job, ["begun", job, {"가격": 1.5}]) for job in range(5)]
    assert {end.exit_code for end in office.ends.values()} == {0}
    assert [office.ends[job].result["job"] for job in range(5)] == [0, 1, 2, 3, 4]
    assert len({os.getpid(), *(end.result["pid"] for end in office.ends.values())}) == 6
    assert office.most_under_way <= 2
    assert office.workers.received == 0


def test_jobs_that_may_follow_one_another_share_a_process() -> None:
    done: list[int] = []

    def work(job: int, tell: Callable[..., None]) -> dict[str, Any]:
        done.append(job)
        tell("begun", job)
        return {"pid": os.getpid(), "done": done}

    office = Office(work, lambda before, job: job != 3)
    office.workers.run(6, at_once=1)
    assert [office.ends[job].result["done"] for job in range(6)] == [[0], [0, 1], [0, 1, 2], [3], [3, 4], [3, 4, 5]]
    assert len({end.result["pid"] for end in office.ends.values()}) == 2
    assert office.heard == [(job, ["begun", job]) for job in range(6)]
    assert office.most_under_way == 1


def test_a_process_that_dies_takes_only_its_job_with_it() -> None:
    def work(job: int, tell: Callable[..., None]) -> int:
        if job == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    office = Office(work, lambda before, job: True)
    office.workers.run(4, at_once=1)
    assert office.ends[1] == Ended(None, -signal.SIGKILL)
    assert office.ends[0].result != office.ends[2].result == office.ends[3].result


@pytest.mark.parametrize("status", [0, 3])
def test_a_job_whose_process_leaves_without_a_word_has_failed(status: int) -> None:
    def work(job: int, tell: Callable[..., None]) -> str:
        if job == 1:
            os._exit(status)
        return "well"

    office = Office(work, lambda before, job: job == 1)
    office.workers.run(3, at_once=1)
    assert office.ends == {0: Ended("well", 0), 1: Ended(None, status or 1), 2: Ended("well", 0)}


def test_a_signal_between_two_jobs_ends_it_and_what_follows_was_not_begun() -> None:
    def work(job: int, tell: Callable[..., None]) -> int:
        return job

    office = Office(work, lambda before, job: True)
    ended = office.ended

    def stop(job: int, end: Ended) -> None:
        ended(job, end)
        if job == 1:
            signal.raise_signal(signal.SIGTERM)

    office.workers._ended = stop
    office.workers.run(5, at_once=1)
    assert office.workers.received == signal.SIGTERM
    assert [*office.ends][:2] == [0, 1] and len(office.ends) <= 3, "the third may have begun before the signal came"
    assert {end.exit_code for end in office.ends.values()} <= {0, 1}


def test_a_long_story_arrives_whole() -> None:
    def work(job: int, tell: Callable[..., None]) -> int:
        for number in range(300):
            tell("line", number, "x" * 1000)
        return 300

    office = Office(work)
    office.workers.run(1, at_once=1)
    assert [words[1] for _, words in office.heard] == list(range(300))
    assert office.ends[0] == Ended(300, 0)


def test_one_that_fails_or_dies_does_not_stop_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    def work(job: int, tell: Callable[..., None]) -> str:
        print("said by", job)
        if job == 0:
            raise ZeroDivisionError("no such luck")
        if job == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return "well"

    office = Office(work)
    office.workers.run(3, at_once=2)
    assert office.ends == {0: Ended(None, 1), 1: Ended(None, -signal.SIGKILL), 2: Ended("well", 0)}
    shown = capfd.readouterr()
    assert "ZeroDivisionError: no such luck" in shown.err
    assert "Traceback" in shown.err
    assert shown.out == "", "what a job prints must not get into the parent's output"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_handed_on_and_what_waits_is_left_out(number: signal.Signals) -> None:
    def work(job: int, tell: Callable[..., None]) -> list[Any]:
        try:
            tell("ready")
            time.sleep(30)
        except KeyboardInterrupt as interrupt:
            return list(interrupt.args)
        return []

    office = Office(work)
    before = signal.getsignal(number)
    hear = office.hear

    def raise_when_both_are_ready(job: int, words: list[Any]) -> None:
        hear(job, words)
        if len(office.under_way) == 2:
            signal.raise_signal(number)

    office.workers._hear = raise_when_both_are_ready
    office.workers.run(4, at_once=2)
    assert office.workers.received == number
    assert office.ends == {0: Ended([number], 0), 1: Ended([number], 0)}
    assert signal.getsignal(number) is before


def test_a_signal_between_two_jobs_ends_the_process_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    """Another thread takes it, as TensorFlow's do, which no mask of the main thread keeps from it."""

    def work(job: int, tell: Callable[..., None]) -> str:
        if job == 0:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        return "well"

    def may_follow(before: int, job: int) -> bool:
        time.sleep(0.8)
        return False

    office = Office(work, may_follow)
    office.workers.run(2, at_once=1)
    assert office.ends == {0: Ended("well", 0), 1: Ended("well", 0)}
    assert capfd.readouterr().err == ""


def test_a_mistake_in_the_parent_leaves_no_child_behind() -> None:
    def work(job: int, tell: Callable[..., None]) -> None:
        tell("pid", os.getpid())
        time.sleep(30)

    pids: list[int] = []

    def hear(job: int, words: list[Any]) -> None:
        pids.append(words[1])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Workers(work, hear, lambda job, end: None).run(1, at_once=1)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


ORPHAN = """
import os, signal, sys, time
from dlrun.training.workers import Workers

def work(job, tell):
    try:
        for _ in range(600):
            tell("alive")
            time.sleep(0.05)
    except KeyboardInterrupt:
        open(sys.argv[1], "w").write("stopped")

Workers(work, lambda job, words: os.kill(os.getpid(), signal.SIGKILL), print).run(1, at_once=1)
"""


def test_children_stop_when_the_parent_dies(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    command = [sys.executable, "-c", ORPHAN, str(note)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60)  # until no process holds the pipe
    assert done.returncode == -signal.SIGKILL
    assert note.read_text() == "stopped"
    assert done.stderr == "", "nobody is there to be told, and that is no mistake"


def test_a_signal_in_the_callback_of_a_weak_reference_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    class Thing:
        pass

    def work(job: int, tell: Any) -> str:
        thing = Thing()
        kept = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))
        del thing
        assert kept() is None
        try:
            time.sleep(20)
        except KeyboardInterrupt as interrupt:
            return f"stopped by {interrupt.args[0]}"
        return "it was lost"

    office = Office(work)
    office.workers.run(1, at_once=1)
    assert office.ends == {0: Ended(f"stopped by {int(signal.SIGTERM)}", 0)}
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_the_work_does_not_answer_is_obeyed_without_a_traceback(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    office = Office(lambda job, tell: signal.raise_signal(number))
    office.workers.run(1, at_once=1)
    assert office.ends == {0: Ended(None, 128 + number)}
    assert capfd.readouterr().err == ""


def test_a_signal_that_the_parent_ignores_reaches_no_job() -> None:
    def work(job: int, tell: Callable[..., None]) -> str:
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(0.5)
        return "done"

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        office = Office(work)
        office.workers.run(1, at_once=1)
        assert office.workers.received == 0
        assert office.ends == {0: Ended("done", 0)}
    finally:
        signal.signal(signal.SIGINT, before)


def test_where_forking_is_not_safe_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "platform", "linux")
    assert can_fork()
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    assert not can_fork()
    ended.set()
    thread.join()
    assert can_fork()
    monkeypatch.setattr(module.sys, "platform", "darwin")
    assert not can_fork()
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.delattr(module.os, "fork")
    assert not can_fork()
