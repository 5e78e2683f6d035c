from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from dlrun.cli import run

FLOWER = "Petal.Width,extra,Sepal.Width,Petal.Length,Sepal.Length\n0.2,a,3.5,1.4,5.1\n1.8,b,3.0,5.8,6.7\n"


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    path.write_text(FLOWER)
    return path


def test_labels_and_probabilities_by_the_latest_run(
    trained: Path, flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", str(flowers), "--runs-dir", str(trained)]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert len(rows) == 2
    probabilities = [f"Species_probability_{label}" for label in ("setosa", "versicolor", "virginica")]
    for row in rows:
        values = {name: float(row[name]) for name in probabilities}
        assert sum(values.values()) == pytest.approx(1, abs=1e-5)
        assert max(values, key=lambda name: values[name]).endswith(f"_{row['Species_predicted']}")


def test_predictions_of_the_files_own_rows_are_those_of_the_run(
    trained: Path, configs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.csv"
    arguments = ["predict", "boston_8_1", str(configs / "data/boston.csv"), "-o", str(output)]
    assert run([*arguments, "--runs-dir", str(trained)]) == 0
    assert capsys.readouterr().out == f"506 predictions by boston_8_1-001 in {output}\n"
    with output.open(newline="") as file:
        new = {row["row"]: float(row["medv_predicted"]) for row in csv.DictReader(file)}
    with (trained / "boston_8_1-001/predictions.csv").open(newline="") as file:
        old = {row["row"]: float(row["medv_predicted"]) for row in csv.DictReader(file)}
    assert new == pytest.approx(old)
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_run_by_its_folder_and_several_files(
    trained: Path, flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", str(trained / "iris_8_3-001"), str(flowers), str(flowers), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 4


def test_a_run_without_a_file(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "iris_8_3-001", "--runs-dir", str(trained)]) == 2
    assert "dlrun predict iris_8_3-001 FILE" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_no_run(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "nwe.csv", "--runs-dir", str(trained)]) == 3
    assert "nwe.csv" in capsys.readouterr().err


def test_a_missing_column_is_named(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.csv").write_text("Sepal.Length,Sepal.Width,Petal.Length\n1,2,3\n")
    assert run(["predict", str(tmp_path / "new.csv"), "--runs-dir", str(trained)]) == 3
    assert "Petal.Width" in capsys.readouterr().err
