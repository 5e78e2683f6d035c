"""The run folder: the one class that knows its names, makes it, finds it and writes into it.

A run folder is made atomically, its files are written whole or not at all, and everything that dlrun reads back
later is sealed with a SHA-256 in `run.json`. Nothing here needs NumPy or pandas, so `dlrun ls` is quick.
"""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from dlrun.errors import ConfigError, Problem, RunError, did_you_mean
from dlrun.files import json_text, parse_json, sha256_of, write_atomically, writing

State = Literal["created", "running", "finalizing", "finished", "failed", "interrupted", "diverged"]

# Letters of any script, digits and `_`, then also `.` and `-`: no separator, no leading dot, no space.
NAME = re.compile(r"\w[\w.-]{0,63}")
NUMBERED = re.compile(r"(?P<name>.+)-(?P<number>\d{3,})")
LARGEST_TEXT = 256 * 2**20  # bytes; what dlrun writes as JSON is far smaller, so anything larger is not its own


class RunDir:
    """One run's folder.

    Attributes:
        path: The folder.
        config, resolved, environment, data, preprocessing, history, model, checkpoints, metrics, predictions,
        plots, run: Where each part is or will be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.yaml"
        self.resolved = path / "resolved.yaml"
        self.environment = path / "environment.json"
        self.data = path / "data.json"
        self.preprocessing = path / "preprocessing.json"
        self.history = path / "history.csv"
        self.model = path / "model.keras"
        self.checkpoints = path / "checkpoints"
        self.arrays = self.checkpoints / "final.npz"
        self.metrics = path / "metrics.json"
        self.predictions = path / "predictions.csv"
        self.plots = path / "plots"
        self.run = path / "run.json"

    @property
    def name(self) -> str:
        """The folder's name, such as `titanic-001`."""
        return self.path.name

    def __repr__(self) -> str:
        return f"RunDir({str(self.path)!r})"

    # Making and finding

    @classmethod
    def create(cls, runs_dir: Path, name: str) -> RunDir:
        """Make `runs_dir/<name>-<NNN>` under the next free number; two starts never get the same folder.

        Raises:
            ConfigError: If `name` cannot be a folder's name.
            DiskError: If the folder cannot be made.
        """
        name = unicodedata.normalize("NFC", name)  # macOS hands out decomposed Hangul; one run, one spelling
        if not NAME.fullmatch(name):
            fix = "Use up to 64 letters, digits, '_', '.', '-', and begin with a letter, a digit or '_'."
            raise ConfigError(Problem(f"'{name}' cannot be the name of a run folder", fix, where="name"))
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
        text = unicodedata.normalize("NFC", str(which))
        here = Path(which)
        if len(here.parts) != 1 or (here / "run.json").is_file():
            return cls._open(here)
        if (runs_dir / text).is_dir():
            return cls._open(runs_dir / text)
        runs = cls.list(runs_dir)
        numbered = sorted((run for run in runs if _number(run.name, text)), key=lambda run: _number(run.name, text))
        if numbered:
            return numbered[-1]
        hint = did_you_mean(text, [run.name for run in runs]) or f"`dlrun ls` shows what is in {runs_dir}."
        raise RunError(Problem(f"no run '{text}' in {runs_dir}", hint))

    @classmethod
    def _open(cls, path: Path) -> RunDir:
        if path.is_symlink():
            raise RunError(Problem(f"{path} is a link, not a run folder", "Give the folder that it points to."))
        run_dir = cls(path)
        if not run_dir.run.is_file():
            raise RunError(Problem(f"{path} is not a run folder: it has no run.json", "`dlrun ls` shows the runs."))
        return run_dir

    # State

    @property
    def record(self) -> dict[str, Any]:
        """What `run.json` holds."""
        record = self.read_json(self.run)
        if not isinstance(record, dict):
            raise RunError(Problem(f"{self.run} is damaged: not a mapping", _DAMAGED))
        return record

    @property
    def state(self) -> str:
        """The state that `run.json` tells."""
        return str(self.record.get("state", "unknown"))

    def update(self, **changes: Any) -> None:
        """Change entries of `run.json`: state, phase, times, exit reason."""
        record = self.record if self.run.exists() else {}
        self.write_json(self.run, {**record, **changes, "updated": now()})

    def seal(self, *names: str | Path) -> None:
        """Keep the SHA-256 of files that dlrun will read back, so that damage is seen."""
        paths = [self._inside(name) for name in names]
        hashes = {path.relative_to(self.path).as_posix(): sha256_of(path) for path in paths}
        self.update(sha256={**self.record.get("sha256", {}), **hashes})

    def verify(self, *names: str | Path) -> None:
        """Check files against the SHA-256 kept in `run.json`.

        Raises:
            RunError: If a file is missing, was not sealed, or has changed.
        """
        sealed = self.record.get("sha256")
        problems = []
        for path in map(self._inside, names):
            name = path.relative_to(self.path).as_posix()
            expected = sealed.get(name) if isinstance(sealed, Mapping) else None
            if not path.is_file() or path.is_symlink():
                problems.append(Problem(f"{self.name} has no {name}", "The run did not finish; train it again."))
            elif expected is None or sha256_of(path) != expected:
                problems.append(Problem(f"{path} was damaged or changed after it was written", _DAMAGED))
        if problems:
            raise RunError(*problems)

    # Files

    def write_bytes(self, name: str | Path, content: bytes) -> Path:
        """Write a file of the folder whole or not at all.

        Raises:
            DiskError: If it cannot be written; what was there before stays.
        """
        path = self._inside(name)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(path, content)
        return path

    def write_text(self, name: str | Path, text: str) -> Path:
        """Write a UTF-8 text file whole or not at all."""
        return self.write_bytes(name, text.encode("utf-8"))

    def write_json(self, name: str | Path, value: Any) -> Path:
        """Write strict JSON whole or not at all: NaN and the infinities become null."""
        return self.write_text(name, json_text(value))

    def read_text(self, name: str | Path) -> str:
        """Return a file's text.

        Raises:
            RunError: If it is missing, a link, too large, or no UTF-8.
        """
        path = self._inside(name)
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with os.fdopen(descriptor, "rb") as file:
                if os.fstat(descriptor).st_size > LARGEST_TEXT:
                    raise RunError(Problem(f"{path} is too large to be what dlrun wrote", _DAMAGED))
                return file.read().decode("utf-8")
        except FileNotFoundError:
            raise RunError(Problem(f"{self.name} has no {path.name}", "The run did not finish.")) from None
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(Problem(f"{path} cannot be read: {error}", _DAMAGED)) from error

    def read_json(self, name: str | Path) -> Any:
        """Return what a JSON file holds.

        Raises:
            RunError: If it is missing or not strict JSON.
        """
        text = self.read_text(name)
        try:
            return parse_json(text)
        except ValueError as error:
            raise RunError(Problem(f"{self._inside(name)} is damaged: {error}", _DAMAGED)) from error

    def _inside(self, name: str | Path) -> Path:
        """Return the path of a file of this folder, and refuse any other."""
        relative = Path(name)
        if relative.is_relative_to(self.path):
            relative = relative.relative_to(self.path)
        if relative.is_absolute() or ".." in relative.parts or not relative.parts:
            raise RunError(Problem(f"{name} is not inside {self.path}"))
        return self.path / relative

    @classmethod
    def list(cls, runs_dir: Path) -> Sequence[RunDir]:
        """Return the runs of a folder, oldest first; links and folders without `run.json` are not runs."""
        if not runs_dir.is_dir():
            return []
        found = (cls(entry) for entry in sorted(runs_dir.iterdir()) if entry.is_dir() and not entry.is_symlink())
        return sorted((run for run in found if run.run.is_file()), key=_age)


_DAMAGED = "Train it again, or restore the folder from a copy."


def now() -> str:
    """Return the time as ISO text with its offset, to the microsecond."""
    return datetime.fromtimestamp(time.time()).astimezone().isoformat()


def _number(folder: str, name: str) -> int:
    """Return the NNN of `<name>-<NNN>`, 0 where the folder is not a run of that name."""
    match = NUMBERED.fullmatch(unicodedata.normalize("NFC", folder))
    return int(match["number"]) if match and match["name"] == name else 0


def _age(run: RunDir) -> tuple[str, str]:
    """Sort key: when the run was made; a folder that does not tell comes first."""
    try:
        created = datetime.fromisoformat(str(run.record.get("created")))
    except (RunError, ValueError):
        return ("", run.name)
    return (f"{created.timestamp():020.6f}", run.name)
