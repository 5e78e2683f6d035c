"""Patterns: what Python's glob finds, in bounded time."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest

from dlrun.data.find_files import find_files
from dlrun.errors import DataError
from dlrun.globbing import Globber, TooManyError

FILES = (
    "a/b/x1.csv", "a/b/c/x2.csv", "a/b/b/x3.csv", "a/c/y.txt", ".hidden/z.csv", "top.csv", "a/b/.no.csv", "[odd].csv",
)  # fmt: skip
PATTERNS = (
    "*", "*.csv", "**", "**/*", "**/*.csv", "a/**", "a/**/*.csv", "**/b/*", "*/b/x?.csv", "a/[bc]/*", "**/**/x1.csv",
    "a", "a/none", "none/*", ".*", "**/.hidden/*", "*/", "a/./b/*", "**/b/**/*.csv", "l/*.csv", "../*/a/*", "[[]odd]*",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        file = tmp_path / "here" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "here" / "l").symlink_to("a/b")
    (tmp_path / "here" / "circle").symlink_to("circle")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("absolute", [False, True])
def test_what_pythons_glob_finds(folder: Path, pattern: str, absolute: bool) -> None:
    pattern = f"{folder}/{pattern}" if absolute else pattern
    found = sorted(map(Path, Globber()(pattern)))
    assert found == sorted(set(map(Path, glob.glob(pattern, recursive=True))))  # noqa: PTH207


def test_folders_that_lead_back_into_themselves(folder: Path) -> None:
    """Two such links make 2^40 paths for Python's glob."""
    for name in "pqr":
        (folder / name).symlink_to(".")
    found = Globber(1000)("**/*.csv")
    assert {Path(path) for path in found} >= {Path("top.csv"), Path("a/b/x1.csv"), Path("l/x1.csv")}


def test_a_part_of_a_pattern_said_again_costs_nothing(folder: Path) -> None:
    assert Globber(50)("**/" * 9 + "x3.csv") == Globber(50)("**/x3.csv") != []


def test_too_much_is_told(folder: Path) -> None:
    for number in range(20):  # 2^20 ways down
        (folder / f"d{number}").mkdir()
        for name in "pq":
            (folder / f"d{number}" / name).symlink_to(f"../d{number + 1}")
    with pytest.raises(TooManyError, match="would have to be looked at"):
        Globber(10_000)("d0/**/none.csv")
    with pytest.raises(TooManyError):
        Globber(10_000)("d0/" + "*/" * 19 + "none.csv")
    with pytest.raises(DataError, match=r"more than 300,000 files .*Name the folder more exactly"):
        find_files([os.path.join("d0", "**", "none*.csv")])  # noqa: PTH118
