"""What can go wrong, told in one line each: where, what, and how to mend it."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Location:
    """A place in a text file; line and column count from 1, and 0 means that they are not known."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Give `file:line:column`, the form that editors and terminals make clickable."""
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Args:
        what: What is wrong, as a clause without a full stop.
        fix: How to mend it, a whole sentence; empty where `what` says it all.
        where: The key or the part concerned (`layers[1]`, `row 17`); may be empty.
        location: The place in the user's file, if there is one.
    """

    what: str
    fix: str = ""
    where: str = ""
    location: Location | None = None

    def __str__(self) -> str:
        """Give `file:line:col: where: what. fix` on one line."""
        head = "".join(f"{part}: " for part in (self.location, self.where) if part)
        tail = f". {self.fix}" if self.fix else ""
        return " ".join(f"{head}{self.what}{tail}".split())


class DlrunError(Exception):
    """Anything that a user can cause; it carries one or more problems and the exit code of the command."""

    exit_code = 1

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem(p) for p in problems)
        super().__init__("\n".join(map(str, self.problems)))


class ConfigError(DlrunError):
    """The config or the arguments are wrong."""

    exit_code = 2


class DataError(DlrunError):
    """The data cannot be used as the config asks."""

    exit_code = 3


class RunError(DlrunError):
    """The run folder's state forbids it: locked, damaged, another experiment, untrusted, unfinished."""

    exit_code = 4


class DivergedError(DlrunError):
    """The loss became NaN or infinite."""

    exit_code = 5


class DiskError(DlrunError):
    """The disk is full, read-only or broken."""

    exit_code = 74


def of_the_machine(error: OSError | MemoryError) -> DlrunError:
    """Return what is told of what nobody foresaw: a disk that broke, a folder without rights, no memory."""
    if isinstance(error, MemoryError) or error.errno == errno.ENOMEM:
        what = f"there is not enough memory: {error}" if str(error) else "there is not enough memory"
        found: DlrunError = DataError(
            Problem(what, "Take fewer rows or columns, smaller windows or batches, or data.stream: true.")
        )
    else:
        found = DiskError(Problem(f"{error.filename or 'the disk'}: {error.strerror or error}"))
    found.__cause__ = error
    return found


def nearest(name: str, options: Iterable[str]) -> str | None:
    """Return the option most like `name`, or None where none is alike."""
    by_folded = {option.casefold(): option for option in options}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """Return `Did you mean 'x'?`, or the list of what exists where nothing is alike and the list is short."""
    names = list(options)
    best = nearest(name, names)
    if best is not None:
        return f"Did you mean '{best}'?"
    if 0 < len(names) <= 12:
        return f"There are: {', '.join(sorted(names))}."
    return ""
