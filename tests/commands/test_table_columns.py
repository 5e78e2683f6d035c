from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.cli import run

CONFIG = """data:
  source: SOURCE
  target: y
layers: [{Dense: 1}]
compile: {loss: mse}
fit: {epochs: 1}
"""


@pytest.mark.parametrize(
    ("source", "code", "told"),
    [
        ("rosw.csv", 3, "{0}:2:11: data.source: no such file: {1}/rosw.csv. Did you mean {1}/rows.csv?"),
        ("no*.csv", 3, "{0}:2:11: data.source: no file matches {1}/no*.csv"),
        ("rows.csv\n  test_source: tset.csv", 3, "{0}:3:16: data.test_source: no such file: {1}/tset.csv"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_its_line(
    source: str, code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n")
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("SOURCE", source))
    assert run(["check", str(path)]) == code
    assert capsys.readouterr().err.startswith(told.format(path, tmp_path))


def test_a_url_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("SOURCE", "http://localhost:9/rows.csv"))
    assert run(["check", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}:2:11: data.source")


def test_columns_of_a_file_without_a_header(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rows.csv").write_text("1,2\n3,4\n")
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("SOURCE", "rows.csv\n  read: {header: null}").replace("target: y", "target: 2"))
    assert run(["check", str(path)]) == 2
    assert "no column '2' in rows.csv. There are: 0, 1." in capsys.readouterr().err
