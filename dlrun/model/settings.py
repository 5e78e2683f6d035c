"""What the building of a network is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dlrun.config import Config


class InputShape(Protocol):
    """What is known of an input: its shape without rows, and its dtype (None means float32)."""

    @property
    def shape(self) -> Sequence[int | None] | None: ...  # noqa: D102
    @property
    def dtype(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True)
class BuildSettings:
    """How a network is built.

    Args:
        config: The config; it knows the line for an error.
        read_weights: Whether to read the files that layers name under `weights`.
    """

    config: Config
    read_weights: bool = True
