"""Objects written in a config: a layer, a callback, a preprocessing step, a prepare step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]  # where a value stands in the config: ("layers", 1, "Dense", "units")


@dataclass(frozen=True)
class ObjectSpec:
    """`Name`, `{Name: first_argument}`, `{Name: {argument: value}}` or `{type: Name, argument: value}`.

    Args:
        type: The name, as the catalog spells it.
        args: Arguments by their names; a value may be an ObjectSpec itself, or hold some in lists and mappings.
        path: Where the object stands in the config.
        args_path: Where its arguments stand: `path + (type,)`, or `path` in the `{type: Name}` form.
        name: The name given beside it (layers only).
        inputs: The names under `inputs` beside it (layers only); None where nothing stands there.
        call: Where `inputs` is a mapping: argument of the layer's call to a name, a tuple of names, or a constant.
    """

    type: str
    args: Mapping[str, Any] = field(default_factory=dict)
    path: Path = field(default=(), compare=False)
    args_path: Path = field(default=(), compare=False)
    name: str | None = None
    inputs: tuple[str, ...] | None = None
    call: Mapping[str, Any] = field(default_factory=dict)

    def path_of(self, argument: str) -> Path:
        """Return where `argument` stands, for an error message."""
        return (*self.args_path, argument)


@dataclass(frozen=True)
class PrepareSpec:
    """One prepare step: its name and what stands under it, untouched (`{replace: {...}}`, `{sort_by: DateTime}`)."""

    type: str
    value: Any
    path: Path = field(default=(), compare=False)
