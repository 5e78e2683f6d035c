"""Config files on disk: reading one, and merging those that it extends."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from dlrun.config.merge import merge
from dlrun.config.nodes import ListNode, MappingNode, ScalarNode, describe, is_null
from dlrun.config.reader import MAX_BYTES, decode, read_yaml
from dlrun.errors import ConfigError, Location, Problem, did_you_mean
from dlrun.files import is_url
from dlrun.private import tilde_as_home

MAX_FILES = 50


@dataclass
class ConfigFiles:
    """The files that one config is made of.

    Args:
        closed: Whether `extends` is refused.
        texts: The text of each file as given, by its path.
        notes: What was noticed while merging, as whole sentences.
    """

    closed: bool = False
    texts: dict[Path, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _read: dict[str, MappingNode] = field(default_factory=dict)

    def load(self, path: Path) -> MappingNode:
        """Return the tree of the file at `path`, with everything that it extends merged in.

        Raises:
            ConfigError: If a file is missing, is no YAML mapping, or extends itself.
        """
        return self._load(path, (), Location(str(path)))

    def _load(self, path: Path, chain: tuple[Path, ...], named_at: Location) -> MappingNode:
        if is_url(path):
            raise ConfigError(Problem(f"dlrun reads local files, no URLs: {path}", "Download it, and give its path."))
        if "\0" in str(path):
            raise ConfigError(Problem(f"{str(path)!r} is no path"))
        identity = os.path.realpath(path)
        chain = (*chain, path)
        if identity in map(os.path.realpath, chain[:-1]):
            names = " -> ".join(map(str, chain))
            raise ConfigError(
                Problem(f"the config extends itself: {names}", "Remove one of them.", "extends", named_at)
            )
        if identity in self._read:
            return self._read[identity]
        if len(self.texts) >= MAX_FILES:
            raise ConfigError(Problem(f"more than {MAX_FILES} files extend each other", "", "extends", named_at))
        own = self._read_file(path, named_at)
        merged = self._merged_with_bases(own, path, chain)
        self._read[identity] = merged
        return merged

    def _merged_with_bases(self, own: MappingNode, path: Path, chain: tuple[Path, ...]) -> MappingNode:
        if self.closed and "extends" in own.entries:
            location = own.entries["extends"].key_location
            raise ConfigError(Problem("a run's config extends no other file", "", "extends", location))
        merged: MappingNode | None = None
        for written in _written_bases(own):
            base = self._load(_relative_to(path, written), chain, written.location).without("name")
            merged = base if merged is None else merge(merged, base, self.notes)
        own = own.without("extends")
        return own if merged is None else merge(merged, own, self.notes)

    def _read_file(self, path: Path, named_at: Location) -> MappingNode:
        text = decode(_read_bytes(path, named_at), str(path))
        self.texts[path] = text
        root = read_yaml(text, lambda line, column: Location(str(path), line, column))
        if not isinstance(root, MappingNode):
            what = "the file is empty" if is_null(root) else f"expected a mapping of sections, got {describe(root)}"
            raise ConfigError(Problem(what, "A config begins with data, layers, compile, fit.", "", root.location))
        return root


def _written_bases(own: MappingNode) -> list[ScalarNode]:
    node = own.get("extends")
    if node is None or is_null(node):
        return []
    written = list(node.items) if isinstance(node, ListNode) else [node]
    bases = [item for item in written if isinstance(item, ScalarNode) and isinstance(item.value, str)]
    if len(bases) < len(written):
        raise ConfigError(
            Problem("expected a file, or a list of files", "", "extends", own.entries["extends"].location)
        )
    for base in bases:
        if "://" in base.text:
            fix = "Give the path of a file on this machine."
            raise ConfigError(Problem("dlrun reads local files, no URLs", fix, "extends", base.location))
    return bases


def _relative_to(path: Path, written: ScalarNode) -> Path:
    return Path(os.path.normpath(path.parent / tilde_as_home(written.text)))


def _read_bytes(path: Path, named_at: Location) -> bytes:
    where = "" if str(path) == named_at.file else "extends"
    try:
        if path.is_dir():
            raise ConfigError(Problem(f"{path} is a folder", "Name a config file.", where, named_at))
        if path.exists() and not path.is_file():
            raise ConfigError(Problem(f"{path} is no ordinary file", "Name a config file.", where, named_at))
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(Problem(f"no file {path}", _similar_file(path), where, named_at)) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(Problem(f"cannot read {path}: {reason}", "", where, named_at)) from None


def _similar_file(path: Path) -> str:
    try:
        names = [p.name for p in path.parent.iterdir() if p.suffix in {".yaml", ".yml"}]
    except OSError:
        return f"There is no folder {path.parent}."
    return did_you_mean(path.name, names)
