"""What can be told to be wrong from the config alone, without data and without Keras."""
from dlrun.errors import Problem
from typing import Any
def check_config(config: Any, bad: list[Any]) -> list[Problem]:
    """Return."""
    return []
