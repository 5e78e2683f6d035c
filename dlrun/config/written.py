"""An object as it is written, before anything is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.nodes import Entry, Node
from dlrun.config.objects import Path
from dlrun.errors import Location


@dataclass(frozen=True)
class Written:
    """An object taken apart: its name, what stands under it, and what stands beside it."""

    name: str
    name_location: Location
    arguments: Node
    arguments_path: Path
    beside: dict[str, Entry]
