"""What can be told to be wrong from the config alone, without data and without Keras.

To add a check: write a function `(Config) -> Iterator[Problem]` in the module it belongs to, and add its line to
`CHECKS` in `checks/run.py` with the sections that it reads.
"""

from __future__ import annotations

from dlrun.config.checks.columns import check_columns
from dlrun.config.checks.run import check_config

__all__ = ["check_columns", "check_config"]
