"""The run folder: the one class that knows its names, makes it, finds it and writes into it.

A run folder is made atomically, its files are written whole or not at all, and everything that dlrun reads back
later is sealed with a SHA-256 in `run.json`. Nothing here needs NumPy or pandas, so `dlrun ls` is quick.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from dlrun.errors import ConfigError, Problem, RunError, did_you_mean
from dlrun.files import is_url, writing
from dlrun.lock import is_locked
from dlrun.sealed_folder import RECORD, SealedFolder, now

__all__ = ["RunDir", "composed", "now"]


class Stamp(NamedTuple):
    """What the system tells of a file, and changes whenever it is written or replaced."""

    modified: int  # nanoseconds
    changed: int
    size: int
    inode: int


State = Literal["created", "running", "finalizing", "finished", "failed", "interrupted", "diverged"]
UNFINISHED = ("created", "running", "finalizing")

# Letters of any script, digits and `_`, then also `.` and `-`: no separator, no leading dot, no space.
NAME = re.compile(r"\w[\w.-]{0,63}")
NUMBERED = re.compile(r"(?P<name>.+)-(?P<number>\d{3,})")


def composed(name: str) -> str:
    """Return a name in the one spelling that runs have: macOS hands out Hangul and accents in pieces."""
    return unicodedata.normalize("NFC", name)


class _Part:
    """The path of a part of a run folder, made when it is asked for: thousands of folders are listed without theirs."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __get__(self, folder: SealedFolder, owner: type) -> Path:
        return folder.path.joinpath(*self._names)


class RunDir(SealedFolder):
    """One run's folder.

    Attributes:
        path: The folder.
        config, resolved, environment, data, preprocessing, history, model, checkpoints, metrics, predictions,
        plots, evaluation, report, run: Where each part is or will be.
    """

    config = _Part("config.yaml")
    resolved = _Part("resolved.yaml")
    environment = _Part("environment.json")
    data = _Part("data.json")
    preprocessing = _Part("preprocessing.json")
    history = _Part("history.csv")
    model = _Part("model.keras")
    checkpoints = _Part("checkpoints")
    arrays = _Part("checkpoints", "final.npz")
    resume = _Part("checkpoints", "resume")
    experiment = _Part("checkpoints", "experiment.json")
    metrics = _Part("metrics.json")
    predictions = _Part("predictions.csv")
    plots = _Part("plots")
    evaluation = _Part("evaluation")
    report = _Part("report.html")
    run = _Part("run.json")

    def seal_results(self) -> None:
        """Seal what a finished run does not change any more, beside what was sealed when it began."""
        files = (self.config, self.environment, self.history, self.model, self.predictions, self.metrics)
        self.seal(*(path for path in files if self.has(path)))

    def __repr__(self) -> str:
        return f"RunDir({str(self.path)!r})"

    @property
    def state(self) -> str:
        """The run's state: what `run.json` tells, but "interrupted" where nobody is there who goes on with it."""
        state = super().state
        return "interrupted" if state in UNFINISHED and not is_locked(self.path) else state

    # Making and finding

    @classmethod
    def create(cls, runs_dir: Path, name: str) -> RunDir:
        """Make `runs_dir/<name>-<NNN>` under the next free number; two starts never get the same folder.

        Raises:
            ConfigError: If `name` cannot be a folder's name.
            DiskError: If the folder cannot be made.
        """
        name = composed(name)
        if not NAME.fullmatch(name):
            fix = "Use up to 64 letters, digits, '_', '.', '-', and begin with a letter, a digit or '_'."
            raise ConfigError(Problem(f"'{name}' cannot be the name of a run folder", fix, where="name"))
        if is_url(runs_dir):
            raise ConfigError(Problem(f"runs are kept in local folders, not under URLs: {runs_dir}"))
        with writing(runs_dir):
            runs_dir.mkdir(parents=True, exist_ok=True)
            number = 1 + max((_number(entry.name, name) for entry in runs_dir.iterdir()), default=0)
            while True:
                path = runs_dir / f"{name}-{number:03d}"
                try:
                    path.mkdir(mode=0o700)  # fails if it exists, so this is the one moment that decides who has it
                except FileExistsError:
                    number += 1
                else:
                    break
        run_dir = cls(path)
        run_dir.update(name=run_dir.name, state="created", created=now())
        return run_dir

    @classmethod
    def find(cls, which: str | Path | None, runs_dir: Path) -> RunDir:
        """Return the run folder at a path, of a name (`titanic-002`, or `titanic` for its newest), or the latest.

        Raises:
            RunError: If there is none; it says which name is nearest.
        """
        if which is None:
            runs = cls.list(runs_dir)
            if not runs:
                raise RunError(Problem(f"no run in {runs_dir}", "Start one with `dlrun train CONFIG`."))
            return runs[-1]
        text = composed(str(which))
        if is_url(text):
            raise RunError(Problem(f"dlrun opens local folders, no URLs: {text}"))
        try:
            return cls._named(Path(which), text, runs_dir)
        except OSError as error:  # a name that no file can have, a folder that may not be entered
            raise RunError(Problem(f"no run '{text}' in {runs_dir}: {error.strerror or error}")) from error

    @classmethod
    def _named(cls, here: Path, text: str, runs_dir: Path) -> RunDir:
        if len(here.parts) != 1 or (here / "run.json").is_file():
            return cls._at(here)
        if (runs_dir / text).is_dir():
            return cls._at(runs_dir / text)
        numbered = cls.of_name(text, runs_dir)
        if numbered:
            return numbered[-1]
        names = [run.name for run in cls.list(runs_dir)]
        hint = did_you_mean(text, names) or f"`dlrun ls` shows what is in {runs_dir}."
        raise RunError(Problem(f"no run '{text}' in {runs_dir}", hint))

    @classmethod
    def _at(cls, path: Path) -> RunDir:
        if path.is_symlink():
            raise RunError(Problem(f"{path} is a link, not a run folder", "Give the folder that it points to."))
        run_dir = cls(path)
        if not run_dir.has(run_dir.run):
            raise RunError(Problem(f"{path} is not a run folder: it has no run.json", "`dlrun ls` shows the runs."))
        links = sorted(entry.name for entry in path.iterdir() if entry.is_symlink())
        if links:
            raise RunError(Problem(f"{path} holds links, and dlrun follows none: {', '.join(links)}"))
        return run_dir

    @classmethod
    def list(cls, runs_dir: Path) -> Sequence[RunDir]:
        """Return the runs of a folder, oldest first; links and folders without `run.json` are not runs."""
        return sorted(cls.in_no_order(runs_dir), key=_age)

    @classmethod
    def of_name(cls, name: str, runs_dir: Path) -> Sequence[RunDir]:
        """Return the runs `<name>-<NNN>`, in the order of their numbers."""
        text = composed(name)
        runs = (run for run in cls.in_no_order(runs_dir) if _number(run.name, text))
        return sorted(runs, key=lambda run: _number(run.name, text))

    @classmethod
    def in_no_order(cls, runs_dir: Path) -> Sequence[RunDir]:
        """Return the same runs without asking each when it was made."""
        return [run for run, _ in cls.stamped(runs_dir)]

    @classmethod
    def stamped(cls, runs_dir: Path) -> Iterator[tuple[RunDir, Stamp]]:
        """Give the same runs with a stamp of each one's `run.json`, which is another whenever that was written."""
        for folder in _folders(runs_dir):
            stamp = _stamp(f"{folder.path}/{RECORD}")
            if stamp is not None:
                yield cls(Path(folder.path)), stamp

    @classmethod
    def left_out(cls, runs_dir: Path) -> Sequence[str]:
        """Return what is named like a run and is none that `list` gives: links, folders without a `run.json`."""
        entries = [entry for entry in _folders(runs_dir, links=True) if NUMBERED.fullmatch(entry.name)]
        return [entry.name for entry in entries if entry.is_symlink() or _stamp(f"{entry.path}/{RECORD}") is None]


def _folders(runs_dir: Path, links: bool = False) -> Sequence[os.DirEntry[str]]:
    """Return the folders in a folder, in order; a link to one counts if `links`."""
    if not runs_dir.is_dir():
        return []
    with os.scandir(runs_dir) as entries:
        found = [entry for entry in entries if entry.is_dir(follow_symlinks=links)]
    return sorted(found, key=lambda entry: entry.name)


def _stamp(path: str) -> Stamp | None:
    """Return a plain file's stamp; None where there is none, or something else."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return (
        Stamp(found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
        if stat.S_ISREG(found.st_mode)
        else None
    )


def _number(folder: str, name: str) -> int:
    """Return the NNN of `<name>-<NNN>`, 0 where the folder is not a run of that name."""
    match = NUMBERED.fullmatch(composed(folder))
    return int(match["number"]) if match and match["name"] == name else 0


def _age(run: RunDir) -> tuple[str, str]:
    """Sort key: when the run was made; a folder that does not tell comes first."""
    try:
        return age(run.name, run.record.get("created"))
    except RunError:
        return age(run.name, None)


def age(name: str, created: object) -> tuple[str, str]:
    """Return a sort key, oldest first, of a run that was made at an ISO time; one that does not tell comes first."""
    try:
        return (f"{datetime.fromisoformat(str(created)).timestamp():020.6f}", name)
    except (ValueError, OverflowError, OSError):
        return ("", name)
