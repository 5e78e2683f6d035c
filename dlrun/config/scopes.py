"""What names mean inside a list of layers that is being written out: in a block, in a repetition, in a nested model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dlrun.config.nodes import Node
from dlrun.config.objects import Path
from dlrun.errors import Location

ABOVE, INPUT = "above", "input"


@dataclass(eq=False)
class Written:
    """A layer of the written-out list.

    Args:
        node: The layer as it was written, arguments filled in.
        source: Where it was written.
        name: Its name in the written-out list; None where it has none as yet.
        inputs: What it takes, where that is not simply the layer above: argument of the call to what was written
            there. What stands under `inputs` as one name or as a list has the key "".
        shared: The layer that it calls again.
        used: Where the block that it comes from is used, the outermost one where blocks use blocks.
        lists: Lists of layers inside it (a nested model's), by their paths below the layer.
    """

    node: Node
    source: Path
    name: str | None = None
    inputs: Mapping[str, list[Given]] | None = None
    shared: Target | None = None
    used: Location | None = None
    lists: dict[Path, list[Written]] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """What a name stands for.

    Args:
        layer: A layer of the written-out list; None where the name is not known there: a network's input.
        text: The name itself, or what follows the layer's: `.1` for its second output.
    """

    layer: Written | None
    text: str

    def at(self, output: str) -> Target:
        """Return one output of a layer that has several."""
        return Target(self.layer, f"{self.text}.{output}") if output else self


@dataclass(frozen=True)
class Given:
    """One name under `inputs`.

    Args:
        node: What was written.
        targets: What it stands for; None for a name that is not known in the list, and for a constant.
    """

    node: Node
    targets: list[Target] | None = None


@dataclass(eq=False)
class Scope:
    """A list of layers, and what is known by name in it.

    Args:
        taken: Names that are given somewhere in the list.
        parent: For a repetition, the list in which the repeat stands.
        prefix: What a block's layers are called by: `residual_` for the block instance `residual`.
        number: The number of a repetition.
        inputs: What the block's own inputs stand for.
    """

    taken: set[str] = field(default_factory=set)
    parent: Scope | None = None
    prefix: str = ""
    number: int = 0
    inputs: dict[str, list[Target]] = field(default_factory=dict)
    names: dict[str, list[Target]] = field(default_factory=dict)
    blocks: dict[str, Scope] = field(default_factory=dict)

    @property
    def home(self) -> Scope:
        """The nearest list that is no repetition: automatic names are counted there."""
        return self.parent.home if self.parent is not None else self

    def full(self, name: str) -> str:
        """Return the name in the written-out list of what is called `name` here."""
        return f"{self.home.prefix}{name}{self._numbers(self.home)}"

    def _numbers(self, outside: Scope) -> str:
        """Return what names get that are seen from a list around this repetition: `_2`, in a nested one `_2_1`."""
        if self is outside or self.parent is None:
            return ""
        return f"{self.parent._numbers(outside)}_{self.number}"

    def define(self, name: str, targets: list[Target], block: Scope | None = None) -> None:
        """Let `name` stand for targets; outside a repetition it has the repetition's number."""
        scope: Scope | None = self
        while scope is not None:
            seen = f"{name}{self._numbers(scope)}"
            scope.names[seen] = targets
            if block is not None:
                scope.blocks[seen] = block
            scope = scope.parent

    def automatic(self, stem: str) -> str:
        """Return a name that nothing in this list has: `stem`, `stem_1`, ...."""
        name, count = stem, 0
        while name in self.taken or name in self.names:
            count += 1
            name = f"{stem}_{count}"
        self.taken.add(name)
        return name

    def resolve(self, name: str, above: list[Target]) -> list[Target] | None:
        """Return what a name under `inputs` stands for; None where it is not known in the list."""
        exact = self._exact(name, above)
        if exact is not None:
            return exact
        for head, tail in _splits(name):
            inner = self.blocks.get(head)
            found = inner.resolve(tail, []) if inner is not None else None
            if found is not None:
                return found
            outer = self._exact(head, above)
            if outer is not None and len(outer) == 1:
                return [outer[0].at(tail)]
        return self.parent.resolve(name, above) if self.parent is not None else None

    def _exact(self, name: str, above: list[Target]) -> list[Target] | None:
        if name in self.names:
            return self.names[name]
        if name in self.inputs:
            return self.inputs[name]
        return above if name == ABOVE and above else None


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """Yield `a`, `b.c` and `a.b`, `c` for `a.b.c`."""
    parts = name.split(".")
    yield from ((".".join(parts[:n]), ".".join(parts[n:])) for n in range(1, len(parts)))
