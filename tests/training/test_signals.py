from __future__ import annotations

import signal
import threading

import pytest

from dlrun.training.signals import Interrupted, StopSignals


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
