"""What the parts that read a tree share: where they are, and the problems found so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlrun.config.nodes import path_text
from dlrun.config.objects import Path
from dlrun.errors import Location, Problem
from dlrun.own_names import NOTHING, OwnNames

MAX_PROBLEMS = 100


@dataclass
class Parsing:
    """The state of reading one config.

    Args:
        user_code: Whether the config names files under `code`: a name that is not known may be in there.
        own: The names in these files, where they may be looked into.
        trust: Whether the user trusts the config with reading files and with Python code.
        outputs: The keys of `outputs`, which loss and metrics are then keyed by.
        targets: The columns under `data.target`.
        layer_paths: Where each layer was written, before repeats and blocks were written out, by where it stands.
        layer_uses: Where the block is used that a layer comes from, by where the layer stands now.
        blocks: The names of the blocks.
        problems: Everything found so far.
        bad_paths: Where these problems are, so that nothing follows up on them.
    """

    user_code: bool = False
    own: OwnNames = NOTHING
    trust: bool = False
    outputs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    layer_paths: dict[Path, Path] = field(default_factory=dict)
    layer_uses: dict[Path, Location] = field(default_factory=dict)
    blocks: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    bad_paths: list[Path] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether more problems would help nobody; a hostile file could hold a hundred thousand."""
        return len(self.problems) >= MAX_PROBLEMS

    @property
    def broken(self) -> set[str]:
        """The sections with problems: what else would be said of them might only follow from these."""
        return {str(path[0]) for path in self.bad_paths if path}

    def refuse(self, location: Location, path: Path, what: str, fix: str = "") -> None:
        """Note a problem; the same one in every copy of a repeated layer is noted once."""
        self.bad_paths.append(path)
        if self.full:
            return
        problem = Problem(what, fix, path_text(written_path(path, self.layer_paths)), location)
        if problem not in self.problems:
            self.problems.append(problem)


def written_path(path: Path, layer_paths: Mapping[Path, Path]) -> Path:
    """Return where the user wrote what stands at `path` now: a repeated layer stands under its `repeat`."""
    for end in range(len(path), 1, -1):
        if path[:end] in layer_paths:
            return (*layer_paths[path[:end]], *path[end:])
    return path
