"""The house's rules: what is imported when, and what is never used at all."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "dlrun").rglob("*.py"))
HEAVY = {"tensorflow", "keras", "pandas", "numpy", "sklearn", "matplotlib", "scipy", "pyarrow"}


def modules_after(*arguments: str, ok: int = 0) -> set[str]:
    """Return the top-level modules that a fresh process has imported after `dlrun *arguments`."""
    code = (
        "import sys; from dlrun.cli import run; code = run(sys.argv[1:]); "
        "print('\\nMODULES', *{name.partition('.')[0] for name in sys.modules}); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, stdin=subprocess.DEVNULL
    )
    assert done.returncode == ok, done.stderr
    return set(done.stdout.rpartition("MODULES ")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"], ["predict", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert not modules_after(*arguments) & {*HEAVY, "yaml", "rich"}


def test_check_imports_nothing_heavy() -> None:
    assert not modules_after("check", "configs/titanic.yaml") & HEAVY


def test_ls_imports_nothing_heavy(tmp_path: Path) -> None:
    assert not modules_after("ls", "--runs-dir", str(tmp_path)) & HEAVY


def test_sources_are_found() -> None:
    assert len(SOURCES) > 50


def test_nothing_that_runs_data_as_code() -> None:
    banned_modules = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {name}"
        for path in SOURCES
        for node, name in [*_imports(path), *_calls(path)]
        if name.partition(".")[0] in banned_modules or name in {"eval", "exec", "compile", "__import__"}
    ]
    assert found == []


def _imports(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module


def _calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, node.func.id


def test_files_are_of_a_healthy_size() -> None:
    long = {
        str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}


def test_no_drawer_for_odds_and_ends() -> None:
    assert [p for p in SOURCES if p.stem in {"utils", "util", "helpers", "helper", "core", "misc", "common"}] == []


def test_the_core_does_not_print() -> None:
    shown = {"cli.py", "commands", "console"}
    prints = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in SOURCES
        if path.relative_to(ROOT / "dlrun").parts[0] not in shown
        for call, name in _calls(path)
        if name in {"print", "input"}
    ]
    assert prints == []
