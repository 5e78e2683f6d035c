"""Heads as a config gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlrun.config.heads import Head, task_of
from dlrun.config.objects import ObjectSpec

MakeHead = Callable[..., Head]


@pytest.fixture(scope="session")
def make_head() -> MakeHead:
    """Make a head of these targets from the loss's name and arguments."""

    def make(loss: str, *targets: str, output: str = "", **arguments: Any) -> Head:
        spec = ObjectSpec(loss, arguments)
        return Head(output, targets or ("y",), None, task_of(spec), loss.startswith("categorical"), spec)

    return make
