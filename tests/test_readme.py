"""The README cannot go stale: its commands, configs, code, output and reference are checked against dlrun itself.

`python tests/test_readme.py` writes the parts that are made from the code: the reference of keys and of steps.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from dlrun.catalog import PREPARE_STEPS, PREPROCESSING_STEPS
from dlrun.cli import app, run
from dlrun.config import load_config
from dlrun.config.schema import section_classes
from dlrun.registry import Registry

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCKS = ("config keys", "steps")


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)


# The parts that are made from the code


def keys_reference() -> str:
    """Return a table for every section of the config, from the schema's own words."""
    parts = []
    for path, section in section_classes().items():
        parts.append(f"#### {'.'.join(map(str, path)) or 'at the top'}\n\n| key | default | meaning |\n|---|---|---|\n")
        for name, field in section.model_fields.items():
            default = "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
            parts.append(f"| `{name}` | {default} | {_cell(field.description or '')} |\n")
        parts.append("\n")
    return "".join(parts)


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{_cell(str(value))}`" if isinstance(value, int | float | str) else ""


def steps_reference() -> str:
    """Return tables of the steps, from the first lines of their docstrings."""
    prepare = [f"| `{name}` | {_first_line(PREPARE_STEPS, name)} |\n" for name in sorted(PREPARE_STEPS)]
    learned = [
        f"| `{name}` | {_arguments(name)} | {_first_line(PREPROCESSING_STEPS, name)} |\n"
        for name in sorted(PREPROCESSING_STEPS)
    ]
    return (
        "`data.prepare`, done to the whole table, in the order in which they are written:\n\n"
        f"| step | what it does |\n|---|---|\n{''.join(prepare)}\n"
        "`preprocessing`, learned from training rows only; Keras's preprocessing layers will do as well:\n\n"
        f"| step | arguments | what it does |\n|---|---|---|\n{''.join(learned)}\n"
    )


def _arguments(name: str) -> str:
    return ", ".join(f"`{argument}`" for argument in PREPROCESSING_STEPS.arguments(name))


def _first_line(registry: Registry, name: str) -> str:
    module, _, attribute = registry._targets[name].partition(":")
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None
    for node in ast.parse(Path(spec.origin).read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == attribute:
            return _cell((ast.get_docstring(node) or "").partition("\n\n")[0].replace("\n", " "))
    raise AssertionError(f"{module} has no {attribute}")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def with_references(text: str) -> str:
    """Return the README's text with the parts that are made from the code as they should be."""
    for block, made in zip(BLOCKS, (keys_reference(), steps_reference()), strict=True):
        pattern = rf"(<!-- {block}: [^\n]*-->\n).*?(<!-- end of {block} -->)"
        text, found = re.subn(pattern, lambda m, made=made: f"{m[1]}\n{made}{m[2]}", text, flags=re.DOTALL)
        assert found == 1, block
    return text


def test_the_reference_is_that_of_the_code() -> None:
    text = README.read_text("utf-8")
    assert text == with_references(text), "run: python tests/test_readme.py"


# Commands


def commands() -> list[str]:
    """Return every `dlrun ...` that the README shows in a block, a table or a sentence."""
    text = README.read_text("utf-8")
    shown = re.findall(r"^\$ (dlrun .*)$", text, re.MULTILINE) + re.findall(r"`(dlrun [^`]+)`", text)
    return sorted({c for c in shown if not re.search(r"[A-Z]{4}|\[", c) and len(c.split()) > 2})


def test_commands_are_found() -> None:
    assert len(commands()) >= 8


@pytest.mark.parametrize("command", commands())
def test_every_command_is_one(command: str) -> None:
    words = shlex.split(command)[1:]
    group: Any = typer.main.get_command(app)
    while hasattr(group, "commands") and words and words[0] in group.commands:
        group, words = group.commands[words[0]], words[1:]
    assert not hasattr(group, "commands"), command
    if "--help" not in words:
        group.make_context("dlrun", [word for word in words if word != "--debug"])  # raises at an unknown option
    assert all((ROOT / word).is_file() for word in words if word.startswith("configs/"))


def test_the_two_commands_of_the_installation() -> None:
    train, tests = (block.strip() for block in blocks("bash"))
    for command in (train, tests):
        assert [part.split()[0] for part in command.split(" && ")][:2] == ["python3", ".venv/bin/pip"]
    assert (ROOT / train.split()[-1]).is_file()
    ci = (ROOT / ".ci/run").read_text("utf-8")
    assert ".venv/bin/dlrun train configs/" in ci
    for part in ("python3 -m venv .venv", "'.[test]'", ".venv/bin/pytest"):
        assert part in tests and part in ci


# Configs and code


def fresh_folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shutil.copytree(ROOT / "configs/data", tmp_path / "data")
    return tmp_path


@pytest.mark.parametrize("number", range(len(blocks("yaml"))))
def test_every_config_is_valid(number: int, tmp_path: Path) -> None:
    path = fresh_folder(tmp_path) / "config.yaml"
    path.write_text(blocks("yaml")[number], encoding="utf-8")
    load_config(path, trust=True)


def test_the_tours_config_is_the_one_in_configs(tmp_path: Path) -> None:
    path = fresh_folder(tmp_path) / "tour.yaml"
    path.write_text(blocks("yaml")[0], encoding="utf-8")
    assert load_config(path).layers == load_config(ROOT / "configs/boston_8_1.yaml").layers
    text = (ROOT / "configs/boston_8_1.yaml").read_text("utf-8")
    assert blocks("yaml")[0].strip() in text


def likeness(output: str) -> list[str]:
    """Return output without what differs from machine to machine: numbers, and the spaces that align them."""
    masked = re.sub(r"[\d][\d.,:e%-]*", "0", output)
    return [" ".join(line.split()) for line in masked.strip().splitlines()]


@pytest.mark.slow
def test_the_output_is_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(fresh_folder(tmp_path))
    Path("flowers.yaml").write_text(blocks("yml")[0], encoding="utf-8")
    shown = "".join(blocks("console"))
    told = re.findall(r"^\$ (dlrun [^\n]*)\n(.*?)(?=^\$ |\Z)", shown, re.MULTILINE | re.DOTALL)
    assert len(told) == shown.count("$ ") >= 6
    for command, output in told:
        run(shlex.split(command)[1:])
        captured = capfd.readouterr()
        expected, real = likeness(output), likeness(captured.out + captured.err)
        if "..." in expected:  # the middle is left out
            cut = expected.index("...")
            assert len(real) > len(expected)
            del real[cut : cut + len(real) - len(expected)]
            expected[cut] = real[cut]
        assert real == expected, command


@pytest.mark.slow
def test_a_step_and_a_plot_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fresh_folder(tmp_path))
    (steps,) = (block for block in blocks("python") if block.startswith("# my_steps.py\n"))
    Path("my_steps.py").write_text(steps, encoding="utf-8")
    Path("mine.yaml").write_text(blocks("yaml")[-1], encoding="utf-8")
    train = ["train", "mine.yaml", "fit.epochs=3", "--quiet"]
    assert run(train) == 4
    assert not Path("runs").exists()
    assert run([*train, "--trust"]) == 0
    first, second = (Path("runs/mine-001"), Path("runs/mine-002"))
    assert "square_root" in (first / "preprocessing.json").read_text("utf-8")
    assert run(["predict", "mine-001", "data/boston.csv", "-o", "out.csv"]) == 4
    assert run(["predict", "mine-001", "data/boston.csv", "-o", "out.csv", "--trust"]) == 0
    assert len(Path("out.csv").read_text("utf-8").splitlines()) == 507
    assert run([*train, "--trust"]) == 0
    assert run(["plot", "mine-001", "mine-002", "--trust"]) == 0
    assert (first / "plots/last_epochs-vs-mine-002.png").stat().st_size > 1000
    assert (second / "plots/last_epochs.svg").is_file(), "train draws a user's plots, too"


@pytest.mark.slow
def test_the_python_example_runs(tmp_path: Path) -> None:
    script = fresh_folder(tmp_path) / "example.py"
    script.write_text(blocks("python")[-1], encoding="utf-8")
    done = subprocess.run([sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    README.write_text(with_references(README.read_text("utf-8")), encoding="utf-8")
