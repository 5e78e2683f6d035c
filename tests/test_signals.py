from __future__ import annotations

import signal
import sys
import threading

import pytest

from dlrun.signals import Interrupted, StopSignals, given_again_if_lost, held_back


def test_the_first_signal_waits_until_asked() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopSignals() as signals:
        signals.check()
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Interrupted, match="SIGTERM"):
            signals.check()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_stops_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), StopSignals():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_signal_goes_to_whoever_would_have_had_it() -> None:
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))
    try:
        with pytest.raises(KeyboardInterrupt), StopSignals() as signals:
            signal.raise_signal(signal.SIGTERM)
            signals.deliver()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert received == [signal.SIGTERM]


def test_outside_the_main_thread_it_does_nothing() -> None:
    def work() -> None:
        with StopSignals() as signals:
            signals.check()
            done.append(True)

    done: list[bool] = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def test_a_signal_is_held_back_until_the_end_of_a_block_however_it_ends() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)
        done.append("the block")
    assert done == ["the block"]
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)
        raise ValueError
    with held_back():
        done.append("another")
    assert done == ["the block", "another"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_inside_of_a_block_that_holds_signals_back_the_outer_one_has_it() -> None:
    with StopSignals() as signals:
        with held_back():
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Interrupted, match="SIGTERM"):
            signals.check()


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with StopSignals() as signals:
            signal.raise_signal(signal.SIGINT)
            signals.check()
            signal.raise_signal(signal.SIGTERM)
            with pytest.raises(Interrupted, match="SIGTERM"):
                signals.check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_else_is_lost_is_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[type[BaseException]] = []
    hook = lambda lost: told.append(lost.exc_type)  # noqa: E731
    monkeypatch.setattr(sys, "unraisablehook", hook)

    class Broken:
        def __del__(self) -> None:
            raise ValueError

    with given_again_if_lost():
        Broken()
    assert told == [ValueError]
    assert sys.unraisablehook is hook
