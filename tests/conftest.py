"""Fixtures for all tests."""

import sys
from pathlib import Path

# Processes that a test starts find `tests` by this; it stands last, so the installed dlrun is the one that is tested.
sys.path.append(str(Path(__file__).parents[1]))
