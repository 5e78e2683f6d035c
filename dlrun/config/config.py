"""A config that is valid and remembers where each of its values was written."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import PrivateAttr

from dlrun.config.nodes import MappingNode, ScalarNode, find, is_null, key_location, locate, path_text
from dlrun.config.objects import Path
from dlrun.config.parsing import written_path
from dlrun.config.schema import Sections
from dlrun.errors import ConfigError, Location, Problem

if TYPE_CHECKING:
    from dlrun.config.schema import CompileConfig, DataConfig, FitConfig

_MENDS = {
    "data": "Say where the rows are: data: {source: data.csv, target: ...}.",
    "compile": "Say how it learns: compile: {optimizer: adam, loss: ...}.",
    "fit": "Say for how long: fit: {epochs: 50}.",
}
_TABLES = (".csv", ".tsv", ".txt", ".data", ".parquet", ".xlsx", ".jsonl")


class Config(Sections):
    """A whole config: the sections' values, and where they were written.

    Two configs are equal if their values are, wherever they were written.
    """

    _file: pathlib.Path = PrivateAttr(default=pathlib.Path())
    _given: str = PrivateAttr(default="")
    _root: MappingNode = PrivateAttr(default_factory=MappingNode)
    _layer_paths: dict[Path, Path] = PrivateAttr(default_factory=dict)
    _layer_uses: dict[Path, Location] = PrivateAttr(default_factory=dict)
    _notes: tuple[str, ...] = PrivateAttr(default=())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self.__dict__ == other.__dict__

    @property
    def file(self) -> pathlib.Path:
        """The file that was loaded."""
        return self._file

    @property
    def given(self) -> str:
        """The text of that file, as the user wrote it."""
        return self._given

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noticed while loading, as whole sentences: arguments dropped with a replaced type."""
        return self._notes

    def locate(self, path: Path) -> Location | None:
        """Return where the value at `path` was written, or the nearest part around it; None where nothing was."""
        location, found = locate(self._root, path)
        return location if found or not path else None

    def source_of(self, path: Path) -> Location | None:
        """Return where the value at `path` itself was written; None for a default.

        The location's file is the config, one that it extends, or `command line: ...` for an override.
        """
        node, _ = find(self._root, path)
        return None if node is None else locate(self._root, path)[0]

    def where(self, path: Path) -> str:
        """Return `path` in words, `layers[1].Dense.units`; a repeated layer stands where it was written."""
        if path and isinstance(path[-1], int) and isinstance(find(self._root, path[:-1])[0], ScalarNode):
            path = path[:-1]  # one value, where a list could stand
        return path_text(written_path(path, self._layer_paths))

    def problem(self, path: Path, what: str, fix: str = "") -> Problem:
        """Return a problem with the value at `path`; of a layer in a block it tells where the block is used, too.

        Args:
            path: Where in the config.
            what: What is wrong, a clause without a full stop.
            fix: How to mend it, a whole sentence.
        """
        used = self._layer_uses.get(path[:2])
        where = self.where(path) if used is None else f"{self.where(path)}, used in line {used.line}"
        return Problem(what, fix, where, self.locate(path) or Location(str(self._file)))

    def key_problem(self, path: Path, what: str, fix: str = "") -> Problem:
        """Return a problem with the key at the end of `path`, rather than with its value."""
        return Problem(what, fix, self.where(path), key_location(self._root, path))

    def written(self, path: Path) -> str | None:
        """Return the text of the single value at `path` as the user wrote it; None where there is no single one."""
        node, _ = find(self._root, path)
        return node.text if isinstance(node, ScalarNode) else None

    @property
    def is_table(self) -> bool:
        """Whether every column has one value a row, as far as the files' endings tell; npz may hold more."""
        sources = self.data.source if self.data is not None else ()
        return all(source.lower().endswith(_TABLES) for source in sources)

    def require(self, *sections: Literal["data", "compile", "fit"]) -> None:
        """Make sure that these sections are there: a network can be built without them, but not trained.

        Raises:
            ConfigError: If one is missing; it names all of them.
        """
        absent = [name for name in sections if getattr(self, name) is None]
        if absent:
            location = Location(str(self._file))
            raise ConfigError(*(Problem(f"'{n}' is missing", _MENDS[n], "", location) for n in absent))

    def required(self) -> tuple[DataConfig, CompileConfig, FitConfig]:
        """Return data, compile and fit, which training needs.

        Raises:
            ConfigError: If one of them is missing.
        """
        self.require("data", "compile", "fit")
        assert self.data is not None and self.compile is not None and self.fit is not None
        return self.data, self.compile, self.fit

    def to_yaml(self) -> str:
        """Return the resolved config as YAML; loaded again, it gives an equal Config."""
        from dlrun.config.dump import dump_config

        return dump_config(self)

    def is_given(self, path: Path) -> bool:
        """Tell whether a value was written at `path`, be it in the file, in one it extends, or as an override."""
        node, _ = find(self._root, path)
        return not is_null(node)


def make_config(values: dict[str, Any], **hidden: Any) -> Config:
    """Return a Config of these values.

    Args:
        values: What the schema validates.
        **hidden: file, given, root, layer_paths, layer_uses, notes.

    Raises:
        pydantic.ValidationError: If the values are not valid.
    """
    config = Config.model_validate(values)
    for name, value in hidden.items():
        setattr(config, f"_{name}", value)
    return config
