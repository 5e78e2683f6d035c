"""The example configs that come with dlrun: what there is, and copies of them that train where they are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.files import write_output

FOLDER = Path(__file__).parent / "recipes"  # a link to configs/ in the source, a folder in what is installed
_ABOUT_DATA = "data/README.md"  # sources and licences, which go along with the data


@dataclass(frozen=True)
class Recipe:
    """An example config.

    Args:
        name: The file's stem.
        about: What it shows, in a sentence.
        expect: What to expect of it.
    """

    name: str
    about: str
    expect: str


def recipes() -> list[Recipe]:
    """Return all of them, by name."""
    return [_recipe(path) for path in sorted(FOLDER.glob("*.yaml"))]


def _recipe(path: Path) -> Recipe:
    """Return a recipe by its opening comment: the command, an empty line, what it shows, what to expect."""
    opening = path.read_text("utf-8").partition("\n\n")[0]
    lines = [line.lstrip("# ").strip() for line in opening.splitlines()[1:]]
    about, _, expect = " ".join(filter(None, lines)).partition(" Expect ")
    return Recipe(path.stem, re.split(r"(?<=[.?:]) (?=[A-Z\"`])", about)[0].rstrip(":"), f"Expect {expect}")


def copy_recipe(name: str, folder: Path, *, force: bool = False) -> list[Path]:
    """Copy a config, what it extends and the data that it names; return the files written, the config first.

    A file that is there already with the same content is left alone.

    Args:
        name: The recipe's name, with or without `.yaml`.
        folder: Where to; it is made if need be.
        force: Whether files of other content are written over.

    Raises:
        ConfigError: If there is no such recipe, or a file of other content is in the way; nothing is written then.
        DiskError: If the folder cannot be written.
    """
    names = [path.stem for path in sorted(FOLDER.glob("*.yaml"))]
    name = name.removesuffix(".yaml")
    if name not in names:
        raise ConfigError(Problem(f"there is no recipe '{name}'", did_you_mean(name, names) or "See dlrun recipes ls."))
    contents = {folder / path: _content(path, folder) for path in _files_of(name)}
    changed = [path for path, content in contents.items() if not path.is_file() or path.read_bytes() != content]
    in_the_way = [path for path in changed if path.exists()]
    if in_the_way and not force:
        fix = "Write over it with --force, or copy into another folder: dlrun recipes cp NAME FOLDER."
        raise ConfigError(*(Problem(f"{path} is there already, and is not the same", fix) for path in in_the_way))
    for path in changed:
        write_output(path, contents[path])
    return list(contents)


def _content(path: Path, folder: Path) -> bytes:
    """Return a file's content; the commands in a config's comments name the place where the copy stands."""
    content = (FOLDER / path).read_bytes()
    if path.suffix != ".yaml":
        return content
    lines = content.decode("utf-8").splitlines(keepends=True)
    here = (folder / "x").as_posix().removesuffix("x")
    moved = (line.replace(" configs/", f" {here}") if line.startswith("#") else line for line in lines)
    return "".join(moved).encode()


def _files_of(name: str) -> list[Path]:
    """Return the files that a recipe consists of, relative to the folder of all of them; the config comes first."""
    from dlrun.config import load_config
    from dlrun.config.files import ConfigFiles
    from dlrun.data.find_files import find_files

    file = FOLDER / f"{name}.yaml"
    files = ConfigFiles()
    files.load(file)
    data = load_config(file).data
    sources = () if data is None else (*data.source, *(data.validation_source or ()), *(data.test_source or ()))
    found = [file, *(path for path in files.texts if path != file)]
    found += [path for source in find_files(sources) for path in _inside(source)]
    return [Path(os.path.relpath(path, FOLDER)) for path in [*found, FOLDER / _ABOUT_DATA]]


def _inside(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (inner for inner in sorted(path.rglob("*")) if inner.is_file())
    else:
        yield path
