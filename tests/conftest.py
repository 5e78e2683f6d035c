"""Fixtures for all tests."""

import signal
import sys
from pathlib import Path

import pytest

# Processes that a test starts find `tests` by this; it stands last, so the installed dlrun is the one that is tested.
sys.path.append(str(Path(__file__).parents[1]))

# A shell has what runs behind a script ignore Ctrl-C; the tests send it, to themselves and to what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Start Keras as dlrun does, if a test uses it, so that all compute with the same threads in whatever order.

    How many threads TensorFlow takes can be told before its first operation only, so no module may have one.
    """
    if "tensorflow" in sys.modules:
        from dlrun.training.runtime import is_untouched, start_keras

        if not is_untouched():
            raise pytest.UsageError("a test module uses TensorFlow while it is collected; let its tests do so")
        start_keras(0)


@pytest.fixture
def without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let training draw nothing, where a test looks at no plot: they take half of a small run's time."""
    monkeypatch.setattr("dlrun.plots.write.write_plots", lambda *_, **__: [])
