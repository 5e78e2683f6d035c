from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli import run


def test_json_holds_scores_baselines_reports_and_verdict(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "--runs-dir", str(trained), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    saved = json.loads((trained / "iris_8_3-001/metrics.json").read_text("utf-8"))
    assert document["run"] == str(trained / "iris_8_3-001")
    assert document["test"] == pytest.approx(saved["test"])
    assert document["baseline"]["test"]["majority"]["accuracy"] == saved["baseline"]["test"]["majority"]["accuracy"]
    report = document["reports"]["test"]["Species"]
    assert report["labels"] == ["setosa", "versicolor", "virginica"]
    assert sum(map(sum, report["confusion_matrix"])) == saved["rows"]["test"] == 45
    assert len(document["verdict"]) == 1


def test_classes_are_named(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "iris_8_3", "--runs-dir", str(trained)]) == 0
    out = capsys.readouterr().out
    assert "Species: classes, on the test rows" in out
    assert "confusion matrix" in out
    assert out.count("versicolor") == 3


def test_numbers_have_no_class_report(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "boston_8_1-001", "--runs-dir", str(trained)]) == 0
    out = capsys.readouterr().out
    assert "(mean and median: naive answers" in out and "rmse" in out
    assert "confusion" not in out


def test_other_rows(trained: Path, configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(configs / "data/iris.csv")
    assert run(["evaluate", "iris_8_3", "--data", data, "--runs-dir", str(trained), "--json"]) == 0
    (report,) = (targets["Species"] for targets in json.loads(capsys.readouterr().out)["reports"].values())
    assert [row["support"] for row in report["classes"]] == [50, 50, 50]


def test_rows_without_the_target_cannot_be_scored(
    trained: Path, configs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (configs / "data/iris.csv").read_text("utf-8").splitlines()
    (tmp_path / "new.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))
    assert run(["evaluate", "iris_8_3", "--data", str(tmp_path / "new.csv"), "--runs-dir", str(trained)]) == 3
    assert "Species" in capsys.readouterr().err


def test_a_name_that_is_none(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "iris_8_4", "--runs-dir", str(trained)]) == 4
    assert "Did you mean 'iris_8_3-001'?" in capsys.readouterr().err
