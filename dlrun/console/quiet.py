"""What `--quiet` and `--json` leave: what failed without ending a run, on stderr."""

from __future__ import annotations

import sys

from dlrun.console.text import clean
from dlrun.training.progress import Progress
from dlrun.training.several import SeveralProgress


class QuietView(Progress):
    """Shows nothing of a run but its warnings, each once."""

    def __init__(self) -> None:
        self._warned: set[str] = set()

    def warn(self, text: str) -> None:
        """Print a line on stderr, so that stdout stays what was asked for."""
        if text not in self._warned:
            self._warned.add(text)
            print(f"warning: {clean(text)}", file=sys.stderr)


class QuietSeveralView(SeveralProgress):
    """Shows nothing of several runs but their warnings; what several warn of is said once."""

    def __init__(self) -> None:
        self._view = QuietView()

    def run(self, number: int) -> Progress:
        """Return the one view of all."""
        return self._view
