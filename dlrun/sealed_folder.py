"""A folder whose files are written whole, sealed with a SHA-256, and read with care: it may be a stranger's.

What is read is an ordinary file of this very folder, never what a link, pipe or device stands for, never larger than
what dlrun writes, and, if it was sealed, bit for bit what was sealed. The seals are in `run.json`, which carries a
SHA-256 of itself.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Any

from dlrun.errors import Problem, RunError
from dlrun.files import json_text, open_solid, parse_json, sha256_of, write_atomically, writing
from dlrun.private import without_secrets

LARGEST_TEXT = 64 * 2**20  # bytes; what dlrun writes as text is far smaller, so anything larger is not its own
MOST_SEALS = MOST_TAGS = 10_000
RECORD = "run.json"
GROWING = ("history.csv", "metrics.json", "predictions.csv", "model.keras")  # open again while a run trains
MEND = "Train it again, or restore the folder from a copy."
_CHECKSUM = "checksum"


class SealedFolder:
    """The files of a folder, and the record in its `run.json`.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """The folder's name, such as `titanic-001`."""
        return self.path.name

    # The record

    @property
    def record(self) -> dict[str, Any]:
        """What `run.json` holds.

        Raises:
            RunError: If it is missing or damaged.
        """
        path = self.path / RECORD
        text = self._read(path, self._opened(path), LARGEST_TEXT)
        record = self._parsed(RECORD, text)
        if not isinstance(record, dict):
            raise RunError(Problem(f"{self.path / RECORD} is damaged: not a mapping", MEND))
        if len(_seals(record)) > MOST_SEALS:
            raise RunError(Problem(f"{self.path / RECORD} is damaged: it seals more files than dlrun writes", MEND))
        if isinstance(tags := record.get("tags"), list) and len(tags) > MOST_TAGS:
            raise RunError(Problem(f"{self.path / RECORD} is damaged: it has more tags than dlrun keeps", MEND))
        told = record.pop(_CHECKSUM, None)
        if told is not None and told != _checksum_in(text) and told != _checksum(record):
            raise RunError(Problem(f"{self.path / RECORD} was damaged or changed after it was written", MEND))
        return record

    @property
    def state(self) -> str:
        """The state that `run.json` tells."""
        return str(self.record.get("state", "unknown"))

    def update(self, **changes: Any) -> None:
        """Change entries of `run.json`: state, phase, times, exit reason; a run that trains opens its results again."""
        record = self.record if (self.path / RECORD).exists() else {}
        record = {**record, **without_secrets(changes), "updated": now()}
        if changes.get("state") == "running":
            record["sha256"] = {name: seal for name, seal in _seals(record).items() if name not in GROWING}
        self._put(self.path / RECORD, json_text({**record, _CHECKSUM: _checksum(record)}).encode("utf-8"))

    # Seals

    def seal(self, *names: str | Path) -> None:
        """Keep the SHA-256 of files that are done, so that damage is seen."""
        paths = [self._inside(name) for name in names]
        hashes = {self._called(path): sha256_of(path) for path in paths}
        self.update(sha256={**_seals(self.record), **hashes})

    def verify(self, *names: str | Path) -> None:
        """Check files against the SHA-256 kept in `run.json`.

        Raises:
            RunError: If a file is missing, was not sealed, or has changed.
        """
        seals = _seals(self.record)
        problems = []
        for path in map(self._inside, names):
            name = self._called(path)
            if not self.has(path):
                problems.append(Problem(f"{self.name} has no {name}", "The run did not finish; train it again."))
            elif seals.get(name) is None or self._changed(path, seals[name]):
                problems.append(self._damaged(path))
        if problems:
            raise RunError(*problems)

    def damaged(self) -> list[str]:
        """Return the names of sealed files that are missing or have changed."""
        seals = _seals(self.record)
        paths = {name: self._inside(name) for name in seals}
        return [name for name, path in paths.items() if not self.has(path) or self._changed(path, seals[name])]

    def _seals(self) -> dict[str, str]:
        return _seals(self.record) if (self.path / RECORD).exists() else {}

    def _changed(self, path: Path, seal: str) -> bool:
        try:
            return sha256_of(path) != seal
        except OSError:
            return True

    def _damaged(self, path: Path) -> Problem:
        return Problem(f"{path} was damaged or changed after it was written", MEND)

    # Writing

    def write_bytes(self, name: str | Path, content: bytes | Iterable[bytes]) -> Path:
        """Write a file of the folder, from pieces perhaps, whole or not at all; a seal that it had is gone.

        Raises:
            DiskError: If it cannot be written; what was there before stays.
        """
        path = self._inside(name)
        seals = self._seals()
        if seals.pop(self._called(path), None) is not None:
            self.update(sha256=seals)
        return self._put(path, content)

    def _put(self, path: Path, content: bytes | Iterable[bytes]) -> Path:
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

    # Reading

    def has(self, name: str | Path) -> bool:
        """Tell whether there is an ordinary file of this name; a link is none."""
        path = self._inside(name)
        return path.is_file() and not path.is_symlink()

    def open(self, name: str | Path) -> BufferedReader:
        """Open a file of the folder, having checked it against its seal, if it has one.

        Raises:
            RunError: If it is missing, no ordinary file, or has changed.
        """
        path = self._inside(name)
        seal = self._seals().get(self._called(path))
        file = self._open(path)
        if seal is not None and hashlib.file_digest(file, "sha256").hexdigest() != seal:
            file.close()
            raise RunError(self._damaged(path))
        file.seek(0)
        return file

    def read_text(self, name: str | Path, largest: int = LARGEST_TEXT) -> str:
        """Return a file's text.

        Raises:
            RunError: If it is missing, no ordinary file, has changed, is larger than `largest` bytes, or no UTF-8.
        """
        return self._read(self._inside(name), self.open(name), largest)

    def read_json(self, name: str | Path) -> Any:
        """Return what a JSON file holds.

        Raises:
            RunError: If it is missing, has changed, or is not strict JSON.
        """
        return self._parsed(name, self.read_text(name))

    def _open(self, name: str | Path) -> BufferedReader:
        return self._opened(self._inside(name))

    def _opened(self, path: Path) -> BufferedReader:
        try:
            return open_solid(path)
        except FileNotFoundError:
            raise RunError(Problem(f"{self.name} has no {path.name}", "The run did not finish.")) from None
        except OSError as error:
            raise RunError(Problem(f"{path} cannot be read: {error.strerror or error}", MEND)) from error

    def _read(self, path: Path, file: BufferedReader, largest: int) -> str:
        with file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise RunError(Problem(f"{path} is too large to be what dlrun wrote", MEND))
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RunError(Problem(f"{path} is damaged: {error}", MEND)) from error

    def _parsed(self, name: str | Path, text: str) -> Any:
        try:
            return parse_json(text)
        except ValueError as error:
            raise RunError(Problem(f"{self._inside(name)} is damaged: {error}", MEND)) from error

    # Names

    def _inside(self, name: str | Path) -> Path:
        """Return the path of a file of this folder, and refuse any other, and any behind a link."""
        relative = Path(name)
        if relative.is_relative_to(self.path):
            relative = relative.relative_to(self.path)
        if relative.is_absolute() or ".." in relative.parts or not relative.parts or "\0" in str(relative):
            raise RunError(Problem(f"{name!s} is not inside {self.path}"))
        for parent in relative.parents[:-1]:
            if (self.path / parent).is_symlink():
                raise RunError(Problem(f"{self.path / parent} is a link, and dlrun follows none", MEND))
        return self.path / relative

    def _called(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()


def _seals(record: Mapping[str, Any]) -> dict[str, str]:
    seals = record.get("sha256")
    return {str(k): str(v) for k, v in seals.items()} if isinstance(seals, Mapping) else {}


def _checksum(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json_text(record).encode("utf-8")).hexdigest()


def _checksum_in(text: str) -> str:
    """Return the checksum of a record as `update` writes it, without making its text anew, which takes far longer."""
    body, _, _ = text.rpartition(f',\n  "{_CHECKSUM}": ')
    return hashlib.sha256(f"{body}\n}}\n".encode()).hexdigest()


def now() -> str:
    """Return the time as ISO text with its offset, to the microsecond."""
    return datetime.fromtimestamp(time.time()).astimezone().isoformat()
