"""Every broken config in `broken/` is refused at the line and column, and with the words, that its first lines give.

A file opens with one comment line per problem, `# line:column: part of the message`. There must be these problems and
no others.
"""

import re
from pathlib import Path

import pytest

from dlrun.config import load_config
from dlrun.errors import ConfigError

FILES = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


def expectations(file: Path) -> list[tuple[int, int, str]]:
    lines = file.read_text(encoding="utf-8").split("\n")
    headers = [re.fullmatch(r"# (\d+):(\d+): (.+)", line) for line in lines]
    return [(int(h[1]), int(h[2]), h[3]) for h in headers if h]


def test_there_are_at_least_a_hundred() -> None:
    assert len(FILES) >= 100
    assert all(expectations(file) for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_broken_config(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    found = {(p.location.line, p.location.column, str(p)) for p in caught.value.problems if p.location}
    expected = expectations(file)
    assert len(caught.value.problems) == len(expected), str(caught.value)
    for line, column, fragment in expected:
        prefix = f"{file}:{line}:{column}: "
        assert any(
            (row, col) == (line, column) and text.startswith(prefix) and fragment in text for row, col, text in found
        ), f"expected {line}:{column}: {fragment}\n{caught.value}"
