"""What differs between two configs, on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from dlrun.config.diff import Change
from dlrun.console.terminal import say, table

_SIGNS = {"changed": "", "added": "+", "removed": "-"}


def show_diff(first: str, second: str, changes: Sequence[Change]) -> None:
    """Print what differs, key by key.

    Args:
        first: What the first config is called.
        second: What the second is called.
        changes: What `diff_configs` found.
    """
    if not changes:
        say(f"{first} and {second} are the same")
        return
    rows = [[_SIGNS[c.kind], c.key, value_text(c.before), value_text(c.after), c.about] for c in changes]
    table(["", "key", first, second, "what it is"], rows, right=())


def value_text(value: Any) -> str:
    """Return a value as YAML would have it in one line; nothing for None."""
    if value is None:
        return ""
    return (
        yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6).removesuffix("\n...\n").strip()
    )
