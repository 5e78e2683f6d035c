"""`repeat: {times: 3, layers: [...]}` in a list of layers: how often, and what."""

from __future__ import annotations

from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, describe
from dlrun.config.objects import Path
from dlrun.config.parsing import Parsing
from dlrun.errors import did_you_mean

MAX_TIMES = 2000
_EXAMPLE = "Write repeat: {times: 3, layers: [...]}."


def repeat_parts(item: MappingNode, path: Path, parsing: Parsing) -> tuple[int, tuple[Node, ...]] | None:
    """Return how often to repeat which layers; None, and a note in `parsing`, where that is not well said."""
    entry, inside = item.entries["repeat"], (*path, "repeat")
    for key in item.entries:
        if key != "repeat":
            place = item.entries[key].location
            parsing.refuse(place, (*path, key), f"'{key}' cannot stand beside repeat", "Name the layers inside.")
    if not isinstance(entry.value, MappingNode):
        parsing.refuse(entry.location, inside, f"expected times and layers, got {describe(entry.value)}", _EXAMPLE)
        return None
    body = entry.value.entries
    for key in body:
        if key not in {"times", "layers"}:
            fix = did_you_mean(key, ["times", "layers"])
            parsing.refuse(body[key].location, (*inside, key), "unknown key", fix)
    for key in ("times", "layers"):
        if key not in body:
            parsing.refuse(entry.location, inside, f"'{key}' is missing", _EXAMPLE)
            return None
    return _checked_parts(body["times"], body["layers"], inside, parsing)


def _checked_parts(times: Entry, layers: Entry, inside: Path, parsing: Parsing) -> tuple[int, tuple[Node, ...]] | None:
    count = times.value.value if isinstance(times.value, ScalarNode) else None
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MAX_TIMES:
        what = f"expected a whole number from 0 to {MAX_TIMES}, got {describe(times.value)}"
        parsing.refuse(times.location, (*inside, "times"), what)
        return None
    if not isinstance(layers.value, ListNode):
        what = f"expected a list of layers, got {describe(layers.value)}"
        parsing.refuse(layers.location, (*inside, "layers"), what)
        return None
    return count, layers.value.items
