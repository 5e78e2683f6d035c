"""Loading a config: read, extend, override, resolve, repeat, parse, validate, check."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from dlrun.config.checks import check_columns, check_config
from dlrun.config.config import Config, make_config
from dlrun.config.expand import expand_layers
from dlrun.config.explain import explain_errors
from dlrun.config.files import ConfigFiles
from dlrun.config.nodes import Entry, MappingNode, ScalarNode
from dlrun.config.overrides import apply_overrides
from dlrun.config.parsing import Parsing
from dlrun.config.references import block_filler, resolve_references
from dlrun.config.sections import read_sections
from dlrun.errors import ConfigError, DataError, Location, Problem

ColumnsOf = Callable[[Config], Sequence[str] | None]


def load_config(
    path: str | FilePath,
    overrides: Iterable[str] = (),
    *,
    trust: bool = False,
    columns_of: ColumnsOf | None = None,
    closed: bool = False,
) -> Config:
    """Return the config in a YAML file, valid and complete.

    Args:
        path: The file.
        overrides: As on the command line: `fit.epochs=5`, `~callbacks`.
        trust: Whether the config may name layers that run Python code, and files to read.
        columns_of: Finds the table's columns; with it the columns that the config names are checked too.
        closed: Whether the file stands by itself: it extends none, and sees nothing of the environment.

    Raises:
        ConfigError: With everything that is wrong, sorted by line.
        DataError: If nothing is wrong but the data's file cannot be read.
    """
    file = FilePath(path)
    files = ConfigFiles(closed=closed)
    parsing = Parsing(trust=trust)
    root = _read(file, overrides, files, parsing)
    values = read_sections(root, parsing)
    hidden = {
        "file": file,
        "given": files.texts[file],
        "root": root,
        "layer_paths": parsing.layer_paths,
        "layer_uses": parsing.layer_uses,
        "notes": (*files.notes, *_unused(root), *_unseen(parsing)),
    }
    try:
        config = make_config(values, **hidden)
    except ValidationError as error:
        explain_errors(error, root, parsing)
        problems = parsing.problems + _check_the_rest(values, parsing, hidden, columns_of)
        raise ConfigError(*_in_order(problems, file)) from None
    problems = parsing.problems + check_config(config, parsing.bad_paths)
    problems += _check_columns(config, columns_of, bool(problems))
    if problems:
        raise ConfigError(*_in_order(problems, file))
    return config


def _read(file: FilePath, overrides: Iterable[str], files: ConfigFiles, parsing: Parsing) -> MappingNode:
    """Return the whole tree, with everything written out; sections with faulty references are left out."""
    root = apply_overrides(files.load(file), overrides, files.notes)
    environment = {} if files.closed else os.environ
    fill = block_filler(root, parsing, environment)
    root = expand_layers(resolve_references(root, parsing, environment), parsing, fill)
    root = root.without(*parsing.broken)
    return root if "name" in root.entries else root.with_entry(_name_of(file))


def _unused(root: MappingNode) -> list[str]:
    """Return a sentence about what is valid but has no effect yet, lest somebody take it for done."""
    if "sweep" not in root.entries:
        return []
    return ["sweep: its values are not tried yet; the config is trained as it stands without them."]


def _unseen(parsing: Parsing) -> list[str]:
    """Return a sentence about what cannot be checked."""
    if parsing.trust or not parsing.user_code:
        return []
    return ["code: its files are not looked into without --trust; names that may be theirs are not checked."]


def _name_of(file: FilePath) -> Entry:
    """Return the name that a config has by its file, without characters that a folder's name cannot hold."""
    name = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", file.stem)).strip(".-")[:64] or "run"
    location = Location(str(file))
    return Entry("name", location, ScalarNode(name, name, location, quoted=True))


def _check_the_rest(
    values: dict[str, Any], parsing: Parsing, hidden: dict[str, Any], columns_of: ColumnsOf | None
) -> list[Problem]:
    """Return what the checks find in the sections that are valid, so that one run tells everything."""
    broken = parsing.broken
    try:
        config = make_config({"layers": (), **{k: v for k, v in values.items() if k not in broken}}, **hidden)
    except ValidationError:
        return []
    return check_config(config, parsing.bad_paths) + _check_columns(config, columns_of, any_other=True)


def _check_columns(config: Config, columns_of: ColumnsOf | None, any_other: bool) -> list[Problem]:
    """Return a problem for each column that is not there; a file that cannot be read is one among others, too."""
    try:
        columns = columns_of(config) if columns_of is not None else None
    except (ConfigError, DataError) as error:  # ConfigError: a prepare step names a column that is not there
        if not any_other:
            raise
        return list(error.problems)
    return [] if columns is None else check_columns(config, columns)


def _in_order(problems: Iterable[Problem], file: FilePath) -> list[Problem]:
    """Return problems without repetitions, those of the file itself first, by line."""

    def place(problem: Problem) -> tuple[bool, str, int, int]:
        location = problem.location or Location("")
        return location.file != str(file), location.file, location.line, location.column

    return sorted(dict.fromkeys(problems), key=place)
